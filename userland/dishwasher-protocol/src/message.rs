//! What frames mean: readings from the board, commands to it.
//!
//! Frames with a right CRC can still be wrong (another board, another version), so
//! every payload is checked for length and range before it becomes a value.

use core::fmt;

use crate::frame::Frame;

/// What the board measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Temperature of the water in the tub, hundredths of a degree Celsius.
    WaterTemperature {
        /// -4000..=15000.
        centidegrees: i16,
    },
    /// Rinse aid left in the tank.
    RinseAid {
        /// 0..=100.
        percent: u8,
    },
    /// How cloudy the water is.
    Turbidity {
        /// Nephelometric turbidity units, 0..=4000.
        ntu: u16,
    },
    /// The door's switch.
    Door(Door),
    /// What the board's sequencer is doing.
    Phase(CyclePhase),
    /// Water in the tub.
    WaterLevel {
        /// 0..=10000.
        millilitres: u16,
    },
}

/// What the app tells the board to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Start a wash cycle.
    StartCycle(Program),
    /// Switch the heater.
    Heater {
        /// On or off.
        on: bool,
    },
    /// Switch the circulation pump.
    Pump {
        /// On or off.
        on: bool,
    },
    /// Lock or unlock the door.
    DoorLock {
        /// Locked or not.
        locked: bool,
    },
    /// The last good frame that the app received.
    Acknowledge {
        /// That frame's sequence number.
        sequence: u8,
    },
}

/// One of the two, as it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// Board to app.
    Reading(Reading),
    /// App to board.
    Command(Command),
}

/// Defines an enumeration with one byte on the wire and one word for people.
macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $value:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum $name { $($(#[$item_doc])* $item = $value,)* }
        impl $name {
            /// The value of this number, if there is one.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($value => Some(Self::$item),)* _ => None }
            }
            /// A lower-case word.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$item => $text,)* }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.name())
            }
        }
    };
}

wire_enum! {
    /// The door's switch.
    Door {
        /// Closed.
        Closed = 0 "closed",
        /// Open.
        Open = 1 "open",
    }
}
wire_enum! {
    /// The phases of a wash cycle, in order.
    CyclePhase {
        /// Nothing runs; waits for [`Command::StartCycle`].
        Idle = 0 "idle",
        /// Water comes in.
        Fill = 1 "fill",
        /// Washing: wants heater and pump on until the water is hot for long enough.
        Wash = 2 "wash",
        /// Water goes out.
        Drain = 3 "drain",
        /// Fresh water and rinse aid; wants the pump on.
        Rinse = 4 "rinse",
        /// The heater dries, the pump rests.
        Dry = 5 "dry",
        /// Finished; waits for [`Command::StartCycle`].
        Done = 6 "done",
        /// The board gave up: a phase took too long or the door opened.
        Fault = 7 "fault",
    }
}
wire_enum! {
    /// Wash programs.
    Program {
        /// 45 degrees.
        Economy = 0 "economy",
        /// 55 degrees.
        Normal = 1 "normal",
        /// 65 degrees.
        Intensive = 2 "intensive",
    }
}

impl Program {
    /// The temperature at which the program washes.
    pub const fn wash_centidegrees(self) -> i16 {
        match self {
            Self::Economy => 4_500,
            Self::Normal => 5_500,
            Self::Intensive => 6_500,
        }
    }
}

/// Why a sound frame means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// No such type.
    UnknownType(u8),
    /// The payload has the wrong length for this type.
    WrongLength(u8),
    /// A value of this type is out of range.
    OutOfRange(u8),
}

impl fmt::Display for MessageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownType(kind) => write!(formatter, "frame type {kind:#04x} is unknown"),
            Self::WrongLength(kind) => {
                write!(formatter, "payload of frame type {kind:#04x} has the wrong length")
            }
            Self::OutOfRange(kind) => {
                write!(formatter, "value of frame type {kind:#04x} is out of range")
            }
        }
    }
}

impl core::error::Error for MessageError {}

const WATER_TEMPERATURE: u8 = 0x01;
const RINSE_AID: u8 = 0x02;
const TURBIDITY: u8 = 0x03;
const DOOR: u8 = 0x04;
const PHASE: u8 = 0x05;
const WATER_LEVEL: u8 = 0x06;
const START_CYCLE: u8 = 0x40;
const HEATER: u8 = 0x41;
const PUMP: u8 = 0x42;
const DOOR_LOCK: u8 = 0x43;
const ACKNOWLEDGE: u8 = 0x44;

impl Message {
    /// Packs into a frame.
    pub fn to_frame(self, sequence: u8) -> Frame {
        let (kind, payload, length) = match self {
            Self::Reading(Reading::WaterTemperature { centidegrees }) => {
                (WATER_TEMPERATURE, centidegrees.to_le_bytes(), 2)
            }
            Self::Reading(Reading::RinseAid { percent }) => (RINSE_AID, [percent, 0], 1),
            Self::Reading(Reading::Turbidity { ntu }) => (TURBIDITY, ntu.to_le_bytes(), 2),
            Self::Reading(Reading::Door(door)) => (DOOR, [door as u8, 0], 1),
            Self::Reading(Reading::Phase(phase)) => (PHASE, [phase as u8, 0], 1),
            Self::Reading(Reading::WaterLevel { millilitres }) => {
                (WATER_LEVEL, millilitres.to_le_bytes(), 2)
            }
            Self::Command(Command::StartCycle(program)) => (START_CYCLE, [program as u8, 0], 1),
            Self::Command(Command::Heater { on }) => (HEATER, [on.into(), 0], 1),
            Self::Command(Command::Pump { on }) => (PUMP, [on.into(), 0], 1),
            Self::Command(Command::DoorLock { locked }) => (DOOR_LOCK, [locked.into(), 0], 1),
            Self::Command(Command::Acknowledge { sequence }) => (ACKNOWLEDGE, [sequence, 0], 1),
        };
        Frame::of_short_payload(kind, sequence, payload, length)
    }

    /// Reads a frame.
    pub fn from_frame(frame: &Frame) -> Result<Self, MessageError> {
        let kind = frame.kind();
        let byte = || match frame.payload() {
            [byte] => Ok(*byte),
            _ => Err(MessageError::WrongLength(kind)),
        };
        let word = || match frame.payload() {
            [low, high] => Ok(u16::from_le_bytes([*low, *high])),
            _ => Err(MessageError::WrongLength(kind)),
        };
        let check = |inside: bool| inside.then_some(()).ok_or(MessageError::OutOfRange(kind));
        let flag = || match byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(MessageError::OutOfRange(kind)),
        };
        let out_of_range = MessageError::OutOfRange(kind);
        Ok(match kind {
            WATER_TEMPERATURE => {
                let centidegrees = word()? as i16;
                check((-4_000..=15_000).contains(&centidegrees))?;
                Self::Reading(Reading::WaterTemperature { centidegrees })
            }
            RINSE_AID => {
                let percent = byte()?;
                check(percent <= 100)?;
                Self::Reading(Reading::RinseAid { percent })
            }
            TURBIDITY => {
                let ntu = word()?;
                check(ntu <= 4_000)?;
                Self::Reading(Reading::Turbidity { ntu })
            }
            DOOR => Self::Reading(Reading::Door(Door::from_number(byte()?).ok_or(out_of_range)?)),
            PHASE => Self::Reading(Reading::Phase(
                CyclePhase::from_number(byte()?).ok_or(out_of_range)?,
            )),
            WATER_LEVEL => {
                let millilitres = word()?;
                check(millilitres <= 10_000)?;
                Self::Reading(Reading::WaterLevel { millilitres })
            }
            START_CYCLE => Self::Command(Command::StartCycle(
                Program::from_number(byte()?).ok_or(out_of_range)?,
            )),
            HEATER => Self::Command(Command::Heater { on: flag()? }),
            PUMP => Self::Command(Command::Pump { on: flag()? }),
            DOOR_LOCK => Self::Command(Command::DoorLock { locked: flag()? }),
            ACKNOWLEDGE => Self::Command(Command::Acknowledge { sequence: byte()? }),
            _ => return Err(MessageError::UnknownType(kind)),
        })
    }
}

impl From<Reading> for Message {
    fn from(reading: Reading) -> Self {
        Self::Reading(reading)
    }
}

impl From<Command> for Message {
    fn from(command: Command) -> Self {
        Self::Command(command)
    }
}
