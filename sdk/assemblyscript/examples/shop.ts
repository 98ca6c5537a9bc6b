// Shop: sells the sum of the bytes that it is sent, for 1000 nanos.
import {
  answer, data, event, EVENT_BORN, EVENT_MESSAGE, fail, FAIL_CODE_MIN, heap_add, HEAP_NUMBER_BYTES,
  self_facet, SLOT_HEAP, SLOT_SELF, Text
} from "serai";

const PRICE: i64 = 1000; // nanos
const TOO_LITTLE: i32 = FAIL_CODE_MIN; // why it would not: a code of this shop's own

const bytes = new StaticArray<u8>(4096);
const number = new StaticArray<u8>(HEAP_NUMBER_BYTES);
const total = new StaticArray<i64>(1);
const text = new Text();
let sold: i64 = 0;

// Whoever is told the number can get the door: heap_get(SLOT_HEAP, number).
function openShop(): void {
  const door = self_facet(SLOT_SELF, 1, 0);
  const at = changetype<usize>(number);

  if (door < 0 || heap_add(SLOT_HEAP, <i32>door, at) < 0)
    fail(TOO_LITTLE, "too little money for a door");
  text.add("the door is ").addHex(at, HEAP_NUMBER_BYTES).log();
}

function serve(): void {
  const asked = event();

  if (asked.money < PRICE) fail(TOO_LITTLE, "a sum costs 0.000001000"); // does not return
  const size = data(bytes);
  total[0] = 0;
  for (let i = 0; i < size; i++) total[0] += bytes[i];
  text.add("sold ").addInt(++sold).add(" for ").addMoney(asked.money).log();
  answer(asked.reply, changetype<usize>(total), 8);
}

export function serai_turn(kind: i32, slot: i32, size: i32): void {
  if (kind == EVENT_BORN) openShop();
  if (kind == EVENT_MESSAGE) serve();
}
