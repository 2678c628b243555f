//! Queues of threads, linked through the threads themselves: a thread waits in one
//! queue at a time, so no queue can ever be full.

use crate::arena::{Arena, Id, Link};
use crate::thread::Thread;
use kernel_abi::limits::THREADS;

/// All threads.
pub type Threads = Arena<Thread, THREADS>;

/// First and last thread of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Queue {
    /// Who is next.
    pub head: Link<Thread>,
    /// Who came last.
    pub tail: Link<Thread>,
}

impl Queue {
    /// No threads.
    pub const EMPTY: Self = Self { head: Link::NONE, tail: Link::NONE };

    /// Whether nobody waits.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.head.is_none()
    }

    /// Puts a thread last.
    #[inline(always)]
    pub fn push(&mut self, threads: &mut Threads, thread: Id<Thread>) {
        threads[thread].next = Link::NONE;
        threads[thread].previous = self.tail;
        match self.tail.get() {
            Some(last) => threads[last].next = thread.link(),
            None => self.head = thread.link(),
        }
        self.tail = thread.link();
    }

    /// Puts a thread before the first one for which `after` says so; last if for none.
    pub fn insert(
        &mut self,
        threads: &mut Threads,
        thread: Id<Thread>,
        after: impl Fn(&Threads, Id<Thread>) -> bool,
    ) {
        let mut here = self.head;
        while let Some(id) = here.get() {
            if after(threads, id) {
                break;
            }
            here = threads[id].next;
        }
        let Some(behind) = here.get() else { return self.push(threads, thread) };
        let before = threads[behind].previous;
        threads[thread].previous = before;
        threads[thread].next = behind.link();
        threads[behind].previous = thread.link();
        match before.get() {
            Some(before) => threads[before].next = thread.link(),
            None => self.head = thread.link(),
        }
    }

    /// Takes the first thread out.
    #[inline(always)]
    pub fn pop(&mut self, threads: &mut Threads) -> Option<Id<Thread>> {
        let thread = self.head.get()?;
        self.head = threads[thread].next;
        match self.head.get() {
            Some(next) => threads[next].previous = Link::NONE,
            None => self.tail = Link::NONE,
        }
        Some(thread)
    }

    /// Takes a thread out wherever it stands.
    pub fn remove(&mut self, threads: &mut Threads, thread: Id<Thread>) {
        let (previous, next) = (threads[thread].previous, threads[thread].next);
        match previous.get() {
            Some(previous) => threads[previous].next = next,
            None => self.head = next,
        }
        match next.get() {
            Some(next) => threads[next].previous = previous,
            None => self.tail = previous,
        }
        threads[thread].previous = Link::NONE;
        threads[thread].next = Link::NONE;
    }
}

/// Threads of which the last to come is the first to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stack {
    /// Who is next.
    pub head: Link<Thread>,
}

impl Stack {
    /// No threads.
    pub const EMPTY: Self = Self { head: Link::NONE };

    /// Puts a thread on top.
    #[inline(always)]
    pub fn push(&mut self, threads: &mut Threads, thread: Id<Thread>) {
        threads[thread].next = self.head;
        if let Some(head) = self.head.get() {
            threads[head].previous = thread.link();
        }
        self.head = thread.link();
    }

    /// Takes out the thread on top, which is `thread`.
    #[inline(always)]
    pub fn pop(&mut self, threads: &mut Threads, thread: Id<Thread>) {
        self.head = threads[thread].next;
        if let Some(head) = self.head.get() {
            threads[head].previous = Link::NONE;
        }
    }

    /// Takes a thread out wherever it stands.
    pub fn remove(&mut self, threads: &mut Threads, thread: Id<Thread>) {
        let (previous, next) = (threads[thread].previous, threads[thread].next);
        if self.head.is(thread) {
            return self.pop(threads, thread);
        }
        if let Some(previous) = previous.get() {
            threads[previous].next = next;
        }
        if let Some(next) = next.get() {
            threads[next].previous = previous;
        }
        threads[thread].previous = Link::NONE;
    }
}
