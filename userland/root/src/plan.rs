//! Where the parts of a process lie in its memory: pure arithmetic, so that it can
//! be tested to the last page.
//!
//! One run of pages holds all of a process:
//! `header and manifest | segments | stack | start info | page tables`. The first
//! two are what Pluton loads; the header's pages are read once and then stay unused.

use image_format::{Header, ImageType};
use sdk::layout;

use crate::pages::Extent;

/// Pages of a stack.
pub const STACK_PAGES: u64 = 4;
const _: () = assert!(STACK_PAGES <= layout::STACK_PAGES_MAX);

/// The runs of pages of a process, counted from its first page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What Pluton loads.
    pub image: Extent,
    /// The stack.
    pub stack: Extent,
    /// The start-info page.
    pub info: Extent,
    /// The page tables.
    pub tables: Extent,
}

impl Plan {
    /// The plan for an image of so many pages; `None` for a number no image has.
    pub fn new(image_pages: u64) -> Option<Self> {
        if image_pages == 0 || image_pages > image_format::MAX_MEMORY_PAGES.into() {
            return None;
        }
        let image = Extent { first: 0, pages: image_pages };
        let stack = Extent { first: image.pages, pages: STACK_PAGES };
        let info = Extent { first: stack.first + stack.pages, pages: 1 };
        let tables = Extent { first: info.first + info.pages, pages: layout::TABLE_PAGES };
        Some(Self { image, stack, info, tables })
    }
    /// Pages in all.
    pub fn pages(&self) -> u64 {
        self.tables.first + self.tables.pages
    }
}

/// A segment of a program: where it lies in the image and in the address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedSegment {
    /// Pages, counted from the image's first.
    pub extent: Extent,
    /// Virtual address.
    pub address: u64,
    /// Rights.
    pub rights: sdk::Rights,
}

/// Why a program can not be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misplaced {
    /// The image is of a type the root task does not start.
    Type(ImageType),
    /// A segment lies outside the program window, or outside its own image.
    Segment(usize),
}

impl core::fmt::Display for Misplaced {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Type(kind) => write!(f, "images of type {} are not started here", kind.text()),
            Self::Segment(index) => write!(
                f,
                "segment {index} lies outside {:#x}..{:#x} or outside its image; link with sdk/app.ld",
                layout::PROGRAM,
                layout::PROGRAM_END
            ),
        }
    }
}

/// The segments of a program, checked against the window that programs live in.
pub fn segments(
    header: &Header,
) -> Result<impl Iterator<Item = PlannedSegment> + Clone, Misplaced> {
    if !matches!(header.image_type, ImageType::Service | ImageType::Application) {
        return Err(Misplaced::Type(header.image_type));
    }
    let planned = header.used_segments().iter().map(|segment| PlannedSegment {
        extent: Extent { first: segment.first_page().into(), pages: segment.memory_pages().into() },
        address: segment.virtual_address,
        // The same bits in both: checked below.
        rights: sdk::Rights::from_bits(segment.rights.bits().into()).unwrap_or(sdk::Rights::NONE),
    });
    for (index, segment) in planned.clone().enumerate() {
        let bytes = segment.extent.pages.saturating_mul(layout::PAGE_BYTES);
        let end = segment.address.saturating_add(bytes);
        let last = segment.extent.first.saturating_add(segment.extent.pages);
        if segment.address < layout::PROGRAM
            || end > layout::PROGRAM_END
            || !segment.address.is_multiple_of(layout::PAGE_BYTES)
            || last > header.memory_pages.into()
        {
            return Err(Misplaced::Segment(index));
        }
    }
    Ok(planned)
}

const _: () = assert!(
    image_format::Rights::READ_WRITE.bits() as u64
        == sdk::Rights::READ.with(sdk::Rights::WRITE).bits()
        && image_format::Rights::READ_EXECUTE.bits() as u64
            == sdk::Rights::READ.with(sdk::Rights::EXECUTE).bits()
);

#[cfg(test)]
mod tests {
    use super::{Misplaced, Plan, segments};
    use image_format::{Header, ImageType, Rights, Segment};
    use sdk::layout;

    fn header() -> Header {
        let segment = |page: u32, pages: u32, rights, address| Segment {
            file_offset: page * 4096,
            file_bytes: pages * 4096,
            memory_bytes: pages * 4096,
            rights,
            virtual_address: address,
            physical_address: 0,
        };
        let none = segment(0, 0, Rights::NONE, 0);
        Header {
            image_type: ImageType::Application,
            body_bytes: 6 * 4096,
            memory_pages: 7,
            version: 1,
            security_version: 1,
            component_id: [1; 16],
            image_id: [0; 16],
            name: *b"dw100\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            signer: [0; 32],
            body_sha256: [0; 32],
            entry: layout::PROGRAM,
            manifest_offset: 4096,
            manifest_bytes: 100,
            segment_count: 2,
            segments: [
                segment(2, 4, Rights::READ_EXECUTE, layout::PROGRAM),
                segment(6, 1, Rights::READ_WRITE, layout::PROGRAM + 0x4000),
                none,
                none,
            ],
            public_key: [0; 65],
        }
    }

    #[test]
    fn the_parts_of_a_process_follow_each_other_without_gap_or_overlap() {
        let plan = Plan::new(7).unwrap();
        let mut next = 0;
        for part in [plan.image, plan.stack, plan.info, plan.tables] {
            assert_eq!(part.first, next);
            next += part.pages;
        }
        assert_eq!(plan.pages(), next);
        assert_eq!(Plan::new(0), None);
        assert_eq!(Plan::new(u64::MAX), None);
    }

    #[test]
    fn segments_keep_their_pages_and_rights() {
        let header = header();
        let planned: Vec<_> = segments(&header).unwrap().collect();
        assert_eq!(planned.len(), 2);
        assert_eq!((planned[0].extent.first, planned[0].extent.pages), (2, 4));
        assert!(planned[0].rights.has(sdk::Rights::EXECUTE));
        assert!(!planned[0].rights.has(sdk::Rights::WRITE));
        assert!(!planned[1].rights.has(sdk::Rights::EXECUTE));
    }

    #[test]
    fn what_leaves_the_window_or_the_image_is_refused() {
        let refused = |change: fn(&mut Header)| {
            let mut header = header();
            change(&mut header);
            segments(&header).err()
        };
        assert_eq!(refused(|_| {}), None);
        assert_eq!(
            refused(|header| header.segments[0].virtual_address = 0x1_0000),
            Some(Misplaced::Segment(0))
        );
        assert_eq!(
            refused(|header| header.segments[1].virtual_address = layout::PROGRAM_END),
            Some(Misplaced::Segment(1))
        );
        assert_eq!(
            refused(|header| header.segments[1].virtual_address = u64::MAX - 4095),
            Some(Misplaced::Segment(1))
        );
        assert_eq!(refused(|header| header.memory_pages = 6), Some(Misplaced::Segment(1)));
        assert_eq!(
            refused(|header| header.image_type = ImageType::Kernel),
            Some(Misplaced::Type(ImageType::Kernel))
        );
    }
}
