//! Reads Rust source just well enough to count it: knows comments, strings and
//! characters from code.

/// What a file has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Lines with code on them, tests excluded.
    pub code_lines: u64,
    /// Lines of tests within the file.
    pub test_lines: u64,
    /// Lines that hold the word `unsafe` as code, by number.
    pub unsafe_lines: Vec<u64>,
}

/// Counts a file.
pub fn count(text: &str) -> Counted {
    let mut counted = Counted::default();
    let mut in_tests = false;
    let mut marked = false;
    for (index, line) in code_only(text).lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        // House style: tests are one module at the left margin.
        if line.starts_with("#[cfg(test)]") {
            marked = true;
        } else if marked && !line.starts_with("#[") {
            in_tests = line.starts_with("mod ") && line.trim_end().ends_with('{');
            if !in_tests {
                counted.test_lines += 1;
                marked = false;
                continue;
            }
        }
        if marked || in_tests {
            counted.test_lines += 1;
            if in_tests && line.starts_with('}') {
                (in_tests, marked) = (false, false);
            } else if in_tests {
                marked = false;
            }
            continue;
        }
        counted.code_lines += 1;
        let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        for _ in words.filter(|word| *word == "unsafe") {
            counted.unsafe_lines.push(index as u64 + 1);
        }
    }
    // Attributes with arguments in code are not blocks.
    counted
}

/// The text with comments, strings and characters blanked out, line by line.
fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    let mut last = ' ';
    while let Some(first) = rest.chars().next() {
        let skipped = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => string(rest),
            'r' | 'b' | 'c' if !last.is_alphanumeric() && last != '_' => prefixed(rest),
            '\'' => character(rest),
            _ => 0,
        };
        let (gone, kept) = rest.split_at(skipped);
        if skipped > 0 {
            // A string is code, so something must stand there.
            code.push(if gone.starts_with('/') { ' ' } else { '"' });
            code.extend(gone.chars().filter(|c| *c == '\n'));
            last = ' ';
            rest = kept;
        } else {
            code.push(first);
            last = first;
            rest = kept.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    code
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Length of a string literal that begins here.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Length of `r"..."`, `br#"..."#`, `b"..."`, `b'x'` and so on; 0 for a plain word.
fn prefixed(text: &str) -> usize {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (word, rest) = text.split_at(letters);
    match (word, rest.as_bytes().first()) {
        ("b" | "c", Some(b'"')) => letters + string(rest),
        ("b", Some(b'\'')) => match character(rest) {
            0 => 0,
            length => letters + length,
        },
        ("r" | "br" | "cr", Some(b'"' | b'#')) => {
            let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
            if rest.as_bytes().get(hashes) != Some(&b'"') {
                return 0;
            }
            let end = format!("\"{}", "#".repeat(hashes));
            let start = letters + hashes + 1;
            let body = text.get(start..).unwrap_or_default();
            body.find(&end).map_or(text.len(), |at| start + at + end.len())
        }
        _ => 0,
    }
}

/// Length of a character literal that begins here; 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            chars.next();
            chars.find(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1)
        }
        Some(_) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ => 0,
        },
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_no_code() {
        let text = "// unsafe\n/* unsafe /* nested */ unsafe */\nlet a = \"unsafe // \\\" {\";\n\
                    let b = r#\"unsafe \" \"#; let c = 'x'; let d: &'static str = b\"unsafe\";\n\n\
                    unsafe { f() }\n";
        let counted = count(text);
        assert_eq!(counted.code_lines, 3);
        assert_eq!(counted.unsafe_lines, [6]);
    }

    #[test]
    fn quotes_as_characters_do_not_open_strings() {
        let counted = count("let a = ['\"', '\\'', b'\"'];\nunsafe {}\n");
        assert_eq!((counted.code_lines, counted.unsafe_lines), (2, vec![2]));
    }

    #[test]
    fn words_that_contain_it_are_not_unsafe() {
        assert!(count("#![forbid(unsafe_code)]\nfn not_unsafe() {}\n").unsafe_lines.is_empty());
    }

    #[test]
    fn test_modules_do_not_count() {
        let text = "fn f() {}\n#[cfg(test)]\nmod tests {\n    fn t() {\n        unsafe {}\n    }\n}\nfn g() {}\n";
        let counted = count(text);
        assert_eq!((counted.code_lines, counted.test_lines), (2, 6));
        assert!(counted.unsafe_lines.is_empty());
        let other = count("#[cfg(test)]\nmod tests;\nfn g() {}\n");
        assert_eq!((other.code_lines, other.test_lines), (1, 2));
    }
}
