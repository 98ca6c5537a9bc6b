// Odd: what goes wrong in AssemblyScript.
import { answerText, event, EVENT_MESSAGE } from "serai";

const few = new StaticArray<i32>(3);

export function serai_turn(kind: i32, slot: i32, size: i32): void {
  if (kind != EVENT_MESSAGE) return;
  if (size == 5) few[size] = 1; // as far as it goes: outside
  if (size == 6) throw new Error("so not");
  answerText(event().reply, "fünf " + size.toString());
}
