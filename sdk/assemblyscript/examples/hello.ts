// Hello: a line at birth, and one for each message.
import { EVENT_BORN, EVENT_MESSAGE, log, Text } from "serai";

const text = new Text();
let visits: i64 = 0;

export function serai_turn(kind: i32, slot: i32, size: i32): void {
  if (kind == EVENT_BORN) log("hello, site");
  if (kind == EVENT_MESSAGE) text.add("visit number ").addInt(++visits).log();
}
