//! What is worth a line of its own in the log.

use core::fmt;

/// Something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A wash cycle was asked for.
    CycleStarted,
    /// The board says that the cycle is over.
    CycleDone,
    /// The board gave up.
    BoardFault,
    /// The door opened during a cycle.
    DoorOpened,
    /// The door is closed again.
    DoorClosed,
    /// Rinse aid is low.
    RinseAidLow(u8),
    /// Heating was due, but there is not enough water.
    NoWater(u16),
    /// The heater is on and the water does not get warmer.
    HeaterFault,
    /// The water is hotter than it may be.
    TooHot(i16),
    /// Nothing good came from the board for a while.
    LineSilent,
    /// The board is heard again.
    LineBack,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CycleStarted => f.write_str("cycle started: program normal, 55 degrees"),
            Self::CycleDone => f.write_str("cycle done"),
            Self::BoardFault => f.write_str("fault: the board stopped the cycle"),
            Self::DoorOpened => f.write_str("door opened: heater and pump off"),
            Self::DoorClosed => f.write_str("door closed"),
            Self::RinseAidLow(percent) => {
                write!(f, "warning: rinse aid is low ({percent} percent), refill the tank")
            }
            Self::NoWater(millilitres) => {
                write!(f, "warning: not heating with only {millilitres} ml of water")
            }
            Self::HeaterFault => {
                f.write_str("fault: heater is on and the water does not warm; heater off")
            }
            Self::TooHot(centidegrees) => {
                write!(f, "fault: water at {} degrees; heater off", centidegrees / 100)
            }
            Self::LineSilent => f.write_str("fault: the board is silent; heater and pump off"),
            Self::LineBack => f.write_str("the board is heard again"),
        }
    }
}

/// A few events, in order. One more than fits is lost, which a log line can be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Events {
    list: [Option<Event>; 8],
}

impl Events {
    /// Notes an event.
    pub fn push(&mut self, event: Event) {
        if let Some(free) = self.list.iter_mut().find(|place| place.is_none()) {
            *free = Some(event);
        }
    }
    /// The events.
    pub fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        self.list.iter().flatten().copied()
    }
}
