//! The mailbox: eight words in, eight words out.
//!
//! Word 0 of a request is a [`RequestHeader`], word 0 of a reply a [`ReplyHeader`];
//! the other seven are the command's. `origin` is written by whoever forwards the
//! message (monitor, then gate), over whatever the sender put there.

/// Words of a message.
pub const MESSAGE_WORDS: usize = 8;
/// A request or a reply.
pub type Message = [u64; MESSAGE_WORDS];
/// Bytes of text that one [`Command::Log`] carries in words 1..=7.
pub const LOG_BYTES: usize = 56;

/// What can be asked of the runtime. Numbers that are not listed are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Command {
    /// Append text to the console. Header `length`: bytes (1..=56), packed
    /// little-endian from word 1. Has no reply.
    Log = 1,
    /// Describe an image. Word 1: flash slot. Reply: see [`ImageInfo`].
    ImageInfo = 2,
    /// Verify, measure and load a program image. Word 1: flash slot, 2: physical
    /// address of the destination, 3: its pages. The body is written from the
    /// first byte on and the rest zeroed. Reply: see [`LoadedImage`].
    ImageLoad = 3,
    /// Read the measurement log. Word 1: entry. Reply: 1: entries in all,
    /// 2: image type | security version << 32, 3: first 8 bytes of the signer's
    /// key id, 4..=7: SHA-256.
    Measurement = 4,
    /// Random bytes. Header `length`: bytes (1..=56). Reply: words 1..=7.
    Random = 5,
}

impl Command {
    /// The command of this number, if there is one.
    pub const fn from_number(number: u16) -> Option<Self> {
        match number {
            1 => Some(Self::Log),
            2 => Some(Self::ImageInfo),
            3 => Some(Self::ImageLoad),
            4 => Some(Self::Measurement),
            5 => Some(Self::Random),
            _ => None,
        }
    }
}

/// Who speaks, as the layer below the speaker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Origin {
    /// Nobody said: refused.
    Unknown = 0,
    /// The security monitor.
    Monitor = 1,
    /// The kernel.
    Kernel = 2,
    /// A process, through the kernel.
    Process = 3,
}

impl Origin {
    /// The origin of this number; what is not listed is unknown.
    pub const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Monitor,
            2 => Self::Kernel,
            3 => Self::Process,
            _ => Self::Unknown,
        }
    }
}

/// Word 0 of a request: command 0..=15, sequence 16..=31, origin 32..=39, length 40..=47.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestHeader {
    /// Command number, maybe not one that exists.
    pub command: u16,
    /// Chosen by the caller, returned in the reply.
    pub sequence: u16,
    /// An [`Origin`].
    pub origin: u8,
    /// Bytes, where the command counts bytes.
    pub length: u8,
}

impl RequestHeader {
    /// Packs into word 0.
    pub const fn pack(self) -> u64 {
        self.command as u64
            | (self.sequence as u64) << 16
            | (self.origin as u64) << 32
            | (self.length as u64) << 40
    }
    /// Unpacks from word 0; the top 16 bits are ignored.
    pub const fn unpack(word: u64) -> Self {
        Self {
            command: word as u16,
            sequence: (word >> 16) as u16,
            origin: (word >> 32) as u8,
            length: (word >> 40) as u8,
        }
    }
}

/// A [`Command::Log`] with this text; what is beyond [`LOG_BYTES`] is left out.
pub fn log_message(origin: Origin, text: &[u8]) -> Message {
    let mut bytes = [0; LOG_BYTES];
    let length = text.len().min(LOG_BYTES);
    for (to, from) in bytes.iter_mut().zip(text) {
        *to = *from;
    }
    let command = Command::Log as u16;
    let header =
        RequestHeader { command, sequence: 0, origin: origin as u8, length: length as u8 };
    let mut message = [header.pack(), 0, 0, 0, 0, 0, 0, 0];
    for (word, bytes) in message[1..].iter_mut().zip(bytes.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    message
}

/// Word 0 of a reply: command 0..=15, sequence 16..=31, error 32..=47.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyHeader {
    /// The request's command.
    pub command: u16,
    /// The request's sequence.
    pub sequence: u16,
    /// 0, or an [`Error`].
    pub error: u16,
}

impl ReplyHeader {
    /// Packs into word 0.
    pub const fn pack(self) -> u64 {
        self.command as u64 | (self.sequence as u64) << 16 | (self.error as u64) << 32
    }
    /// Unpacks from word 0.
    pub const fn unpack(word: u64) -> Self {
        Self { command: word as u16, sequence: (word >> 16) as u16, error: (word >> 32) as u16 }
    }
}

/// Why the runtime refuses a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Error {
    /// No such command.
    UnknownCommand = 1,
    /// This origin may not ask this.
    Denied = 2,
    /// A word is out of range.
    InvalidArgument = 3,
    /// The slot holds no image.
    NoImage = 4,
    /// The image does not verify; the console says why.
    ImageRefused = 5,
    /// The destination is too small or not the normal world's RAM.
    BadDestination = 6,
    /// No such entry.
    NoEntry = 7,
    /// No entropy: nothing that needs it is answered.
    NoEntropy = 8,
}

impl Error {
    /// The error of this number, if there is one.
    pub const fn from_number(number: u16) -> Option<Self> {
        Some(match number {
            1 => Self::UnknownCommand,
            2 => Self::Denied,
            3 => Self::InvalidArgument,
            4 => Self::NoImage,
            5 => Self::ImageRefused,
            6 => Self::BadDestination,
            7 => Self::NoEntry,
            8 => Self::NoEntropy,
            _ => return None,
        })
    }
}

/// Reply to [`Command::ImageInfo`]: 1: image type | version << 32, 2: pages of
/// memory a loaded copy needs, 3..=4: component id, 5..=7: name, 24 bytes, zero-padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageInfo {
    /// `image_format::ImageType` as a number.
    pub image_type: u16,
    /// The image's version.
    pub version: u32,
    /// Pages that [`Command::ImageLoad`] asks for.
    pub memory_pages: u64,
    /// The component's id.
    pub component_id: [u8; 16],
    /// Name, zero-padded.
    pub name: [u8; 24],
}

impl ImageInfo {
    /// Writes words 1..=7.
    pub fn write(&self, reply: &mut Message) {
        reply[1] = u64::from(self.image_type) | u64::from(self.version) << 32;
        reply[2] = self.memory_pages;
        for (word, bytes) in reply[3..5].iter_mut().zip(self.component_id.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        for (word, bytes) in reply[5..8].iter_mut().zip(self.name.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
    }
    /// Reads words 1..=7.
    pub fn read(reply: &Message) -> Self {
        let mut component_id = [0; 16];
        for (bytes, word) in component_id.as_chunks_mut::<8>().0.iter_mut().zip(&reply[3..5]) {
            *bytes = word.to_le_bytes();
        }
        let mut name = [0; 24];
        for (bytes, word) in name.as_chunks_mut::<8>().0.iter_mut().zip(&reply[5..8]) {
            *bytes = word.to_le_bytes();
        }
        Self {
            image_type: reply[1] as u16,
            version: (reply[1] >> 32) as u32,
            memory_pages: reply[2],
            component_id,
            name,
        }
    }
}

/// One run of pages of a loaded image, counted from the destination's first page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadedSegment {
    /// First page within the destination.
    pub first_page: u16,
    /// Number of pages; 0 for a segment that is not there.
    pub pages: u16,
    /// `image_format::Rights` bits: 1 read, 2 write, 4 execute.
    pub rights: u8,
}

/// Most segments an image has.
pub const MAX_SEGMENTS: usize = 4;

/// Reply to [`Command::ImageLoad`]: 1: virtual address of the entry point,
/// 2..=5: segments (first page 0..=15, pages 16..=31, rights 32..=39).
///
/// The monitor reads it as it passes by and makes exactly the pages of executable
/// segments executable, and immutable, at stage 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadedImage {
    /// Virtual address of the entry point.
    pub entry: u64,
    /// The segments; pages outside them (header, manifest) are data.
    pub segments: [LoadedSegment; MAX_SEGMENTS],
}

impl LoadedImage {
    /// Writes words 1..=5.
    pub fn write(&self, reply: &mut Message) {
        reply[1] = self.entry;
        for (word, segment) in reply[2..6].iter_mut().zip(&self.segments) {
            *word = u64::from(segment.first_page)
                | u64::from(segment.pages) << 16
                | u64::from(segment.rights) << 32;
        }
    }
    /// Reads words 1..=5.
    pub fn read(reply: &Message) -> Self {
        let mut segments = [LoadedSegment::default(); MAX_SEGMENTS];
        for (segment, word) in segments.iter_mut().zip(&reply[2..6]) {
            *segment = LoadedSegment {
                first_page: *word as u16,
                pages: (*word >> 16) as u16,
                rights: (*word >> 32) as u8,
            };
        }
        Self { entry: reply[1], segments }
    }
}
