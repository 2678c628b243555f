//! The mailbox ring between two threads, and at its edges.

use pluton_abi::smc::MAILBOX_DEPTH;
use pluton_core::ring::Ring;
use std::thread;

#[test]
fn it_holds_its_depth_and_no_more() {
    let ring = Ring::new();
    for round in 0..5u64 {
        for index in 0..MAILBOX_DEPTH as u64 {
            assert!(!ring.is_full());
            assert!(ring.put(&[round * 100 + index; 8]));
        }
        assert!(ring.is_full() && !ring.put(&[u64::MAX; 8]));
        for index in 0..MAILBOX_DEPTH as u64 {
            assert_eq!(ring.take(), Some([round * 100 + index; 8]));
        }
        assert_eq!((ring.take(), ring.waiting()), (None, 0));
    }
}

#[test]
fn messages_cross_whole_and_in_order() {
    static RING: Ring = Ring::new();
    const MESSAGES: u64 = 20_000;
    let producer = thread::spawn(|| {
        for number in 0..MESSAGES {
            while !RING.put(&[number; 8]) {
                thread::yield_now();
            }
        }
    });
    for number in 0..MESSAGES {
        let message = loop {
            match RING.take() {
                Some(message) => break message,
                None => thread::yield_now(),
            }
        };
        assert_eq!(message, [number; 8]);
    }
    producer.join().unwrap();
}
