//! What the sensor board last said, and when.

use core::time::Duration;

use dishwasher_protocol::{CyclePhase, Door, Reading};

/// The board as the app knows it. What was never said is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Board {
    /// Water temperature in hundredths of a degree Celsius.
    pub water_centidegrees: Option<i16>,
    /// Rinse aid in percent.
    pub rinse_percent: Option<u8>,
    /// Turbidity in NTU.
    pub turbidity_ntu: Option<u16>,
    /// Water in the tub in millilitres.
    pub water_millilitres: Option<u16>,
    /// The door.
    pub door: Option<Door>,
    /// The board's sequencer.
    pub phase: Option<CyclePhase>,
    /// When the last reading came.
    pub heard_at: Duration,
}

impl Board {
    /// Takes a reading.
    pub fn take(&mut self, reading: Reading, now: Duration) {
        self.heard_at = now;
        match reading {
            Reading::WaterTemperature { centidegrees } => {
                self.water_centidegrees = Some(centidegrees);
            }
            Reading::RinseAid { percent } => self.rinse_percent = Some(percent),
            Reading::Turbidity { ntu } => self.turbidity_ntu = Some(ntu),
            Reading::Door(door) => self.door = Some(door),
            Reading::Phase(phase) => self.phase = Some(phase),
            Reading::WaterLevel { millilitres } => self.water_millilitres = Some(millilitres),
        }
    }
}
