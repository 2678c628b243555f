//! Which pages of free RAM are given out. The kernel would refuse to give a page
//! out twice; this is only to know what to ask for.

/// Most pages: 4 MiB.
pub const MAX_PAGES: usize = 1024;

/// A run of pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The first page.
    pub first: u64,
    /// How many.
    pub pages: u64,
}

/// The pages of the free-RAM region.
#[derive(Clone, Debug)]
pub struct Pages {
    taken: [bool; MAX_PAGES],
    total: usize,
}

impl Pages {
    /// All free; what is beyond [`MAX_PAGES`] is never used.
    pub fn new(pages: u64) -> Self {
        let total = usize::try_from(pages).unwrap_or(MAX_PAGES).min(MAX_PAGES);
        Self { taken: [false; MAX_PAGES], total }
    }
    /// Takes the first run that is long enough.
    pub fn take(&mut self, pages: u64) -> Option<Extent> {
        let wanted = usize::try_from(pages).ok().filter(|wanted| *wanted != 0)?;
        let mut run = 0;
        for index in 0..self.total {
            run = if self.taken[index] { 0 } else { run + 1 };
            if run == wanted {
                let first = index + 1 - wanted;
                self.taken[first..=index].fill(true);
                return Some(Extent { first: first as u64, pages });
            }
        }
        None
    }
    /// Gives a run back.
    pub fn give_back(&mut self, extent: Extent) {
        let inside = |page: u64| usize::try_from(page).ok().filter(|page| *page < self.total);
        for page in extent.first..extent.first.saturating_add(extent.pages) {
            let Some(index) = inside(page) else { return };
            self.taken[index] = false;
        }
    }
    /// Pages that are free.
    pub fn free(&self) -> u64 {
        self.taken[..self.total].iter().filter(|taken| !**taken).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::{Extent, Pages};

    #[test]
    fn runs_do_not_overlap_and_come_back() {
        let mut pages = Pages::new(10);
        let first = pages.take(4).unwrap();
        let second = pages.take(4).unwrap();
        assert_eq!((first.first, second.first), (0, 4));
        assert_eq!(pages.take(3), None);
        assert_eq!(pages.free(), 2);
        pages.give_back(first);
        assert_eq!(pages.take(5), None, "six are free, but not in a row");
        assert_eq!(pages.take(4), Some(first));
    }

    #[test]
    fn nonsense_changes_nothing() {
        let mut pages = Pages::new(u64::MAX);
        assert_eq!(pages.free(), 1024);
        assert_eq!(pages.take(0), None);
        assert_eq!(pages.take(u64::MAX), None);
        pages.give_back(Extent { first: u64::MAX, pages: 2 });
        pages.give_back(Extent { first: 1_023, pages: 9 });
        assert_eq!(pages.free(), 1024);
    }
}
