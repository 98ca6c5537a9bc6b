//! Making a newborn at the far end of a channel what this agent is, or other code.
use crate::abi::*;
use crate::{Answer, Refusal};

/// Eight packets of this fit the first credit of 64 KiB, and the loader gives credit back.
const PIECE_BYTES_MAX: usize = 7168;
const ARGS_BYTES_MAX: usize = 1024;
const ID: usize = CODE_ID_BYTES as usize;

#[derive(Clone, Copy, PartialEq)]
enum Step {
    Idle,
    Begin,
    Pieces,
    Become,
    Use,
    Sent,
}

/// The sending side of one load; a `State`, as it may take several turns:
///
/// - `EVENT_ANSWER` with status 0: `load.own(slot, args)`
/// - `EVENT_ROOM` of that end: `load.go_on()`
///
/// Each returns 1 when all is sent, 0 when `EVENT_ROOM` will come, or the refusal that ended it.
pub struct Load {
    end: i32,
    step: Step,
    size: i64, // of the module
    sent: i64, // bytes of it that are under way
    args_size: usize,
    id: [u8; ID],
    args: [u8; ARGS_BYTES_MAX],
    packet: [u8; 1 + PIECE_BYTES_MAX],
}

impl Load {
    pub const fn new() -> Load {
        Load {
            end: SLOT_NONE,
            step: Step::Idle,
            size: 0,
            sent: 0,
            args_size: 0,
            id: [0; ID],
            args: [0; ARGS_BYTES_MAX],
            packet: [0; 1 + PIECE_BYTES_MAX],
        }
    }

    /// Finish a packet whose `first` bytes stand behind the instruction's number: its size.
    fn put(&mut self, instruction: i32, first: usize) -> usize {
        let mut at = 1 + first;

        self.packet[0] = instruction as u8;
        if self.step != Step::Begin {
            self.packet[at..at + self.args_size].copy_from_slice(&self.args[..self.args_size]);
            at += self.args_size;
        }
        at
    }

    /// Write the packet of the present step: its size.
    fn write_packet(&mut self) -> Result<usize, Refusal> {
        match self.step {
            Step::Begin => {
                self.packet[1..5].copy_from_slice(&(self.size as u32).to_le_bytes());
                self.packet[5..5 + ID].copy_from_slice(&self.id);
                Ok(self.put(LOAD_BEGIN, 4 + ID))
            }
            Step::Pieces => {
                self.packet[0] = LOAD_PIECE as u8;
                let copied = self_code(SLOT_SELF, &mut self.packet[1..], self.sent as i32)?;
                Ok(1 + copied as usize)
            }
            Step::Use => {
                self.packet[1..1 + ID].copy_from_slice(&self.id);
                Ok(self.put(LOAD_USE, ID))
            }
            Step::Become | Step::Idle | Step::Sent => Ok(self.put(LOAD_BECOME, 0)),
        }
    }

    /// The packet of the present step, of `size` bytes, is sent.
    fn advance(&mut self, size: usize) {
        self.step = match self.step {
            Step::Begin => Step::Pieces,
            Step::Pieces => {
                self.sent += size as i64 - 1;
                if self.sent < self.size {
                    Step::Pieces
                } else {
                    Step::Become
                }
            }
            Step::Become | Step::Use | Step::Idle | Step::Sent => Step::Sent,
        }
    }

    /// Send what the far end has room for.
    pub fn go_on(&mut self) -> Answer {
        while self.step != Step::Idle && self.step != Step::Sent {
            let size = self.write_packet()?;

            match channel_send(self.end, &self.packet[..size], 0) {
                Ok(_) => self.advance(size),
                Err(Refusal(E_CREDIT | E_FULL)) => {
                    return match channel_room(self.end) {
                        Ok(_) | Err(Refusal(E_EXISTS)) => Ok(0),
                        refused => refused,
                    };
                }
                refused => return refused,
            }
        }
        Ok(1)
    }

    fn start(&mut self, step: Step, end: i32, args: &[u8]) -> Answer {
        self.step = Step::Idle;
        if args.len() > ARGS_BYTES_MAX {
            return Err(Refusal(E_INVALID));
        }
        self.end = end;
        self.sent = 0;
        self.args_size = args.len();
        self.args[..args.len()].copy_from_slice(args);
        self.step = step;
        self.go_on()
    }

    /// Make the newborn at the far side of `end` what this agent is, with these arguments.
    pub fn own(&mut self, end: i32, args: &[u8]) -> Answer {
        self.size = self_code_id(SLOT_SELF, &mut self.id)?;
        self.start(Step::Begin, end, args)
    }

    /// Make it the code `id`, which its site has already.
    pub fn code(&mut self, end: i32, id: &[u8; ID], args: &[u8]) -> Answer {
        self.id = *id;
        self.start(Step::Use, end, args)
    }
}

impl Default for Load {
    fn default() -> Load {
        Load::new()
    }
}
