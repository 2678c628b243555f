//! Reads the console: one line, one event. Unknown lines are text and no error.
//!
//! Lines of the layers begin with `[`; the runtime never lets a process begin a line
//! so, and names the process itself. So an app can not speak for a layer here.

use crate::refusal::Refusal;

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// An image was refused.
    Refused(Refusal),
    /// A layer stopped.
    Halted {
        /// The layer.
        stage: String,
    },
    /// A layer can not go on.
    Fatal {
        /// The whole line.
        line: String,
    },
    /// An image was measured.
    Measured(Measurement),
    /// The dishwasher's state.
    Telemetry(Telemetry),
    /// An attempt of the intruder, or what became of it.
    Attempt {
        /// Its number.
        number: u32,
        /// What is tried.
        name: String,
        /// What became of it so far.
        outcome: Outcome,
    },
    /// The intruder has been through its list.
    IntruderDone {
        /// Attempts as it counts them.
        attempts: u32,
    },
    /// The root task saw a process fault.
    Fault {
        /// The process.
        process: String,
    },
    /// Memory of a process.
    ProcessMemory {
        /// The process.
        process: String,
        /// Its pages.
        pages: u64,
    },
    /// Memory of the machine.
    Memory {
        /// In use, everything included.
        used_bytes: u64,
        /// What there is.
        total_bytes: u64,
    },
}

/// A line of the measurement log.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Measurement {
    /// The image.
    pub name: String,
    /// What it is.
    #[serde(rename = "type")]
    pub image_type: String,
    /// Its version.
    pub version: u32,
    /// Its security version.
    pub security_version: u32,
    /// SHA-256 of the signed header.
    pub sha256: String,
    /// First bytes of the signer's key id.
    pub signer: String,
}

/// A telemetry line.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Telemetry {
    /// Seconds since the app began.
    pub seconds: f64,
    /// Phase of the cycle.
    pub phase: String,
    /// Water temperature, degrees Celsius.
    pub water_c: f64,
    /// Turbidity.
    pub turbidity_ntu: u32,
    /// Rinse aid.
    pub rinse_percent: u32,
    /// Door.
    pub door: String,
    /// Frames that were right, so far.
    pub frames_good: u64,
    /// Frames that were damaged, so far.
    pub frames_bad: u64,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Not known yet.
    Trying,
    /// The layer it was aimed at said no.
    Refused,
    /// The intruder was stopped by a fault.
    Faulted,
    /// It worked: a hole.
    Succeeded,
}

/// Reads a line.
pub fn parse(line: &str) -> Option<Event> {
    if let Some(rest) = line.strip_prefix('[') {
        let (stage, text) = rest.split_once(']')?;
        return layer(stage.trim(), text.trim_start(), line);
    }
    let (process, text) = line.split_once(": ")?;
    match process {
        "dw100" => telemetry(text.strip_prefix("telemetry ")?).map(Event::Telemetry),
        "intruder" => intruder(text),
        "root" => root(text),
        _ => None,
    }
}

fn layer(stage: &str, text: &str, line: &str) -> Option<Event> {
    if let Some((image, reason)) = text.strip_prefix("refused ").and_then(|t| t.split_once(": ")) {
        let (stage, image, reason) = (stage.into(), image.into(), reason.into());
        return Some(Event::Refused(Refusal { stage, image, reason }));
    }
    if text == "halted" {
        return Some(Event::Halted { stage: stage.into() });
    }
    if ["fatal", "panic"].iter().any(|word| text.starts_with(word)) {
        return Some(Event::Fatal { line: line.into() });
    }
    let fields = Fields(text.strip_prefix("measured ")?);
    Some(Event::Measured(Measurement {
        name: fields.0.split_whitespace().next()?.into(),
        image_type: fields.text("type")?.into(),
        version: fields.number("version")?,
        security_version: fields.number("security_version")?,
        sha256: fields.text("sha256")?.into(),
        signer: fields.text("signer")?.into(),
    }))
}

fn telemetry(text: &str) -> Option<Telemetry> {
    let fields = Fields(text);
    Some(Telemetry {
        seconds: fields.number("seconds")?,
        phase: fields.text("phase")?.into(),
        water_c: fields.number("water_c")?,
        turbidity_ntu: fields.number("turbidity_ntu")?,
        rinse_percent: fields.number("rinse_percent")?,
        door: fields.text("door")?.into(),
        frames_good: fields.number("frames_good")?,
        frames_bad: fields.number("frames_bad")?,
    })
}

fn intruder(text: &str) -> Option<Event> {
    if let Some(rest) = text.strip_prefix("done, ") {
        let attempts = rest.strip_suffix(" attempts")?.parse().ok()?;
        return Some(Event::IntruderDone { attempts });
    }
    let (number, rest) = text.strip_prefix("attempt ")?.split_once(' ')?;
    let (name, outcome) = rest.rsplit_once(": ").map_or((rest, ""), |(name, what)| (name, what));
    // A reason may contain a colon itself.
    let (name, outcome) = match rest.split_once(": refused (") {
        Some((name, _)) => (name, "refused"),
        None => (name, outcome),
    };
    let outcome = match outcome {
        "trying" => Outcome::Trying,
        "refused" => Outcome::Refused,
        "SUCCEEDED" => Outcome::Succeeded,
        _ => return None,
    };
    Some(Event::Attempt { number: number.parse().ok()?, name: name.into(), outcome })
}

fn root(text: &str) -> Option<Event> {
    if let Some(rest) = text.strip_prefix("fault in ") {
        return Some(Event::Fault { process: rest.split([':', ' ']).next()?.into() });
    }
    if let Some(rest) = text.strip_prefix("process ") {
        let process = rest.split_whitespace().next()?.into();
        return Some(Event::ProcessMemory { process, pages: Fields(rest).number("memory_pages")? });
    }
    let fields = Fields(text.strip_prefix("memory ")?);
    Some(Event::Memory {
        used_bytes: fields.number("used_bytes")?,
        total_bytes: fields.number("total_bytes")?,
    })
}

/// `key=value` fields between blanks.
struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    fn text(&self, key: &str) -> Option<&'a str> {
        self.0.split_whitespace().find_map(|field| field.strip_prefix(key)?.strip_prefix('='))
    }
    fn number<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        self.text(key)?.parse().ok()
    }
}
