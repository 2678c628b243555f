//! Writers and their unfinished lines.

use sdk::log::{LINE_BYTES, NAME, ROOT_BADGE, TEXT, unpack_header};
use sdk::{Words, text};

use crate::bucket::Bucket;

/// Most writers.
pub const WRITERS: usize = 16;

/// What comes out: a name and a line.
pub type Emit<'a> = &'a mut dyn FnMut(&str, &str);

#[derive(Clone, Copy)]
struct Writer {
    /// 0: unused.
    badge: u64,
    name: [u8; 24],
    line: [u8; LINE_BYTES],
    length: usize,
    /// Inside a line: whether it is being dropped.
    state: State,
    bucket: Bucket,
    dropped: u64,
    /// When the next report of what was dropped may come.
    report_at: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Between,
    Keeping,
    Dropping,
}

/// All writers.
pub struct Book {
    writers: [Writer; WRITERS],
    ticks_per_second: u64,
}

impl Book {
    /// A book in which nobody but the root task may write yet.
    pub fn new(now: u64, ticks_per_second: u64) -> Self {
        let unused = Writer {
            badge: 0,
            name: [0; 24],
            line: [0; LINE_BYTES],
            length: 0,
            state: State::Between,
            bucket: Bucket::full(now, ticks_per_second),
            dropped: 0,
            report_at: 0,
        };
        let mut book = Self { writers: [unused; WRITERS], ticks_per_second };
        book.name(ROOT_BADGE, text::name_bytes("root"), now);
        book
    }

    /// Takes a message and says whether it was kept. One from a badge that nobody
    /// announced is dropped, and so is an announcement from anybody but the root task.
    pub fn take(&mut self, badge: u64, words: &Words, now: u64, emit: Emit<'_>) -> bool {
        let (operation, length, end_of_line) = unpack_header(words[0]);
        match operation {
            TEXT => {
                return self.text(badge, &text::unpack(words)[..length], end_of_line, now, emit);
            }
            NAME if badge == ROOT_BADGE => {
                let mut name = [0; 24];
                let chunks: &mut [[u8; 8]] = name.as_chunks_mut().0;
                for (chunk, word) in chunks.iter_mut().zip(&words[2..5]) {
                    *chunk = word.to_le_bytes();
                }
                self.name(words[1], name, now);
            }
            _ => return false,
        }
        true
    }

    /// Reports what was dropped, at most once a second for each writer. To be called
    /// now and then: a writer that has fallen silent is reported too.
    pub fn report(&mut self, now: u64, emit: Emit<'_>) {
        for writer in &mut self.writers {
            if writer.dropped != 0 && now >= writer.report_at && writer.bucket.take(now) {
                writer.report(emit);
                writer.report_at = now.saturating_add(self.ticks_per_second);
            }
        }
    }

    /// Announces a writer, or that one was started anew: its unfinished line is gone,
    /// its bucket is as full or empty as it was.
    fn name(&mut self, badge: u64, name: [u8; 24], now: u64) {
        if badge == 0 {
            return;
        }
        let known = self.writers.iter().position(|writer| writer.badge == badge);
        let free = || self.writers.iter().position(|writer| writer.badge == 0);
        let Some(index) = known.or_else(free) else { return };
        let writer = &mut self.writers[index];
        if known.is_none() {
            writer.badge = badge;
            writer.bucket = Bucket::full(now, self.ticks_per_second);
        }
        writer.name = name;
        writer.length = 0;
        writer.state = State::Between;
    }

    fn text(
        &mut self,
        badge: u64,
        bytes: &[u8],
        end_of_line: bool,
        now: u64,
        emit: Emit<'_>,
    ) -> bool {
        let known = |writer: &&mut Writer| badge != 0 && writer.badge == badge;
        let Some(writer) = self.writers.iter_mut().find(known) else { return false };
        if writer.state == State::Between {
            // The root task is not held to a rate: it writes little, and what it
            // says about a flood must not drown in it.
            if badge == ROOT_BADGE || writer.bucket.take(now) {
                writer.state = State::Keeping;
            } else {
                writer.dropped = writer.dropped.saturating_add(1);
                writer.state = State::Dropping;
            }
        }
        let kept = writer.state == State::Keeping;
        if kept {
            writer.append(bytes);
            if end_of_line {
                let line = core::str::from_utf8(&writer.line[..writer.length]).unwrap_or("?");
                emit(text::name(&writer.name), line);
                writer.length = 0;
            }
        }
        if end_of_line {
            writer.state = State::Between;
        }
        kept
    }
}

impl Writer {
    fn append(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.length < self.line.len() {
                let printable = *byte == b' ' || byte.is_ascii_graphic();
                self.line[self.length] = if printable { *byte } else { b'?' };
                self.length += 1;
            }
        }
    }
    fn report(&mut self, emit: Emit<'_>) {
        if self.dropped != 0 {
            let mut line = Small::default();
            // Always fits: 20 digits and 16 letters.
            let _ = core::fmt::write(&mut line, format_args!("({} lines dropped)", self.dropped));
            emit(text::name(&self.name), line.as_str());
            self.dropped = 0;
        }
    }
}

/// A short text.
#[derive(Default)]
struct Small {
    bytes: [u8; 32],
    length: usize,
}

const _: () = assert!(size_of::<Small>() <= 40);

impl core::fmt::Write for Small {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        let end = self.length + s.len();
        self.bytes.get_mut(self.length..end).ok_or(core::fmt::Error)?.copy_from_slice(s.as_bytes());
        self.length = end;
        Ok(())
    }
}

impl Small {
    fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.length]).unwrap_or("(lines dropped)")
    }
}

#[cfg(test)]
mod tests {
    use super::Book;
    use crate::bucket::BURST_LINES;
    use sdk::log::{NAME, ROOT_BADGE, TEXT, header};
    use sdk::{Words, text};

    const SECOND: u64 = 1_000_000;

    struct Rig(Book, Vec<String>);

    impl Rig {
        fn new() -> Self {
            let mut rig = Self(Book::new(0, SECOND), Vec::new());
            rig.announce(ROOT_BADGE, 2, "dw100");
            rig.announce(ROOT_BADGE, 3, "intruder");
            rig
        }
        fn send(&mut self, badge: u64, words: &Words, now: u64) {
            let lines = &mut self.1;
            let mut emit = |name: &str, line: &str| lines.push(format!("{name}: {line}"));
            self.0.take(badge, words, now, &mut emit);
        }
        fn report(&mut self, now: u64) {
            let lines = &mut self.1;
            self.0.report(now, &mut |name, line| lines.push(format!("{name}: {line}")));
        }
        fn announce(&mut self, from: u64, badge: u64, name: &str) {
            let bytes = text::name_bytes(name);
            let word = |i: usize| u64::from_le_bytes(bytes[i * 8..][..8].try_into().unwrap());
            let words = [header(NAME, 0, false), badge, word(0), word(1), word(2), 0, 0, 0];
            self.send(from, &words, 0);
        }
        fn write(&mut self, badge: u64, part: &[u8], end: bool, now: u64) {
            let mut words = Words::default();
            words[0] = header(TEXT, part.len(), end);
            text::pack(part, &mut words);
            self.send(badge, &words, now);
        }
    }

    #[test]
    fn interleaved_writers_keep_their_lines_apart() {
        let mut rig = Rig::new();
        rig.write(2, b"water_c=", false, 0);
        rig.write(3, b"attempt 01", false, 0);
        rig.write(2, b"43.25", true, 0);
        rig.write(3, b" refused", true, 0);
        assert_eq!(rig.1, ["dw100: water_c=43.25", "intruder: attempt 01 refused"]);
    }

    #[test]
    fn a_flood_is_counted_and_leaves_the_others_alone() {
        let mut rig = Rig::new();
        for _ in 0..1_000 {
            rig.write(3, b"flood", true, 0);
        }
        assert_eq!(rig.1.len() as u64, BURST_LINES);
        rig.write(2, b"telemetry", true, 0);
        assert_eq!(rig.1.last().unwrap(), "dw100: telemetry");
        rig.report(SECOND);
        let dropped = 1_000 - BURST_LINES;
        assert_eq!(*rig.1.last().unwrap(), format!("intruder: ({dropped} lines dropped)"));
        rig.write(3, b"sorry", true, SECOND);
        assert_eq!(rig.1.last().unwrap(), "intruder: sorry");
    }

    #[test]
    fn only_the_root_task_names_writers() {
        let mut rig = Rig::new();
        rig.announce(3, 3, "dw100");
        rig.announce(3, 9, "root");
        rig.write(3, b"x", true, 0);
        rig.write(9, b"x", true, 0);
        rig.write(0, b"x", true, 0);
        assert_eq!(rig.1, ["intruder: x"]);
    }

    #[test]
    fn a_line_is_cut_and_cleaned() {
        let mut rig = Rig::new();
        for _ in 0..100 {
            rig.write(
                3,
                b"\n[kernel ] lie\x1b\xff 0123456789012345678901234567890123456789",
                false,
                0,
            );
        }
        rig.write(3, b"", true, 0);
        assert_eq!(rig.1.len(), 1);
        assert!(rig.1[0].starts_with("intruder: ?[kernel ] lie?? 0"));
        assert!(rig.1[0].len() <= sdk::log::LINE_BYTES + 24);
    }

    #[test]
    fn a_restarted_writer_does_not_finish_its_predecessors_line() {
        let mut rig = Rig::new();
        rig.write(3, b"half a ", false, 0);
        rig.announce(ROOT_BADGE, 3, "intruder");
        rig.write(3, b"whole", true, 0);
        assert_eq!(rig.1, ["intruder: whole"]);
    }

    #[test]
    fn drops_are_reported_once_a_second_and_once_only() {
        let mut rig = Rig::new();
        let flood = |rig: &mut Rig, now| {
            for _ in 0..BURST_LINES + 5 {
                rig.write(3, b"flood", true, now);
            }
        };
        flood(&mut rig, 0);
        rig.report(0);
        assert_eq!(rig.1.len() as u64, BURST_LINES, "a report costs a line like any other");
        rig.report(SECOND);
        rig.report(SECOND);
        assert_eq!(rig.1.len() as u64, BURST_LINES + 1);
        assert_eq!(rig.1.last().unwrap(), "intruder: (5 lines dropped)");
        flood(&mut rig, SECOND);
        let lines = rig.1.len();
        rig.report(SECOND + SECOND / 2);
        assert_eq!(rig.1.len(), lines);
        rig.report(2 * SECOND);
        assert_eq!(rig.1.len(), lines + 1);
    }
}
