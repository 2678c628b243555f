//! What the line may do to a frame, and what the decoder must make of it.

use dishwasher_protocol::{
    Command, CyclePhase, Decoder, Door, Frame, FrameError, MAX_PAYLOAD_BYTES, MAX_WIRE_BYTES,
    Message, MessageError, Program, Reading,
};
use proptest::prelude::*;

fn decode(bytes: &[u8]) -> Vec<Result<Frame, FrameError>> {
    let mut decoder = Decoder::new();
    bytes.iter().filter_map(|byte| decoder.push(*byte)).collect()
}

fn good(bytes: &[u8]) -> Vec<Frame> {
    decode(bytes).into_iter().filter_map(Result::ok).collect()
}

fn any_frame() -> impl Strategy<Value = Frame> {
    // Bytes that need stuffing must come up often, not once in 64.
    let byte = prop_oneof![
        any::<u8>(),
        prop::sample::select(vec![0x7d, 0x7e, 0x7f, 0x81, 0x5d, 0x5e, 0x5f, 0xa1])
    ];
    let payload = prop::collection::vec(byte.clone(), 0..=MAX_PAYLOAD_BYTES);
    (byte.clone(), byte, payload)
        .prop_map(|(kind, sequence, payload)| Frame::new(kind, sequence, &payload).unwrap())
}

fn any_message() -> impl Strategy<Value = Message> {
    prop_oneof![
        (-4_000..=15_000i16)
            .prop_map(|centidegrees| Reading::WaterTemperature { centidegrees }.into()),
        (0..=100u8).prop_map(|percent| Reading::RinseAid { percent }.into()),
        (0..=4_000u16).prop_map(|ntu| Reading::Turbidity { ntu }.into()),
        any::<bool>()
            .prop_map(|open| Reading::Door(if open { Door::Open } else { Door::Closed }).into()),
        (0..8u8).prop_map(|n| Reading::Phase(CyclePhase::from_number(n).unwrap()).into()),
        (0..=10_000u16).prop_map(|millilitres| Reading::WaterLevel { millilitres }.into()),
        (0..3u8).prop_map(|n| Command::StartCycle(Program::from_number(n).unwrap()).into()),
        any::<bool>().prop_map(|on| Command::Heater { on }.into()),
        any::<bool>().prop_map(|on| Command::Pump { on }.into()),
        any::<bool>().prop_map(|locked| Command::DoorLock { locked }.into()),
        any::<u8>().prop_map(|sequence| Command::Acknowledge { sequence }.into()),
    ]
}

proptest! {
    #[test]
    fn frames_survive_the_wire(frames in prop::collection::vec(any_frame(), 0..8)) {
        let wire: Vec<u8> =
            frames.iter().flat_map(|frame| frame.encode().as_bytes().to_vec()).collect();
        let expected: Vec<_> = frames.into_iter().map(Ok).collect();
        prop_assert_eq!(decode(&wire), expected);
    }

    #[test]
    fn any_bytes_are_decoded_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        for frame in good(&bytes) {
            let _ = Message::from_frame(&frame);
        }
    }

    #[test]
    fn the_frame_after_any_garbage_and_one_more_is_found(
        garbage in prop::collection::vec(any::<u8>(), 0..200),
        lost in any_frame(),
        found in any_frame(),
    ) {
        // Garbage can end inside a seeming frame, never swallow a whole sync.
        let mut wire = garbage;
        wire.extend(lost.encode().as_bytes());
        wire.extend(found.encode().as_bytes());
        let frames = good(&wire);
        prop_assert_eq!(frames.last(), Some(&found));
    }

    #[test]
    fn every_single_bit_error_is_detected(frame in any_frame(), next in any_frame()) {
        let clean = frame.encode();
        for bit in 0..clean.as_bytes().len() * 8 {
            let mut wire = clean.as_bytes().to_vec();
            wire[bit / 8] ^= 1 << (bit % 8);
            wire.extend(next.encode().as_bytes());
            let results = decode(&wire);
            let frames: Vec<_> = results.iter().filter_map(|r| r.as_ref().ok()).collect();
            prop_assert_eq!(frames, vec![&next], "bit {} went unnoticed", bit);
            prop_assert!(results.iter().any(Result::is_err), "bit {} was not counted", bit);
        }
    }

    #[test]
    fn a_dropped_byte_costs_one_frame_and_is_counted_once(
        frame in any_frame(), next in any_frame(), place in any::<prop::sample::Index>(),
    ) {
        let mut wire = frame.encode().as_bytes().to_vec();
        let place = place.index(wire.len());
        wire.remove(place);
        wire.extend(next.encode().as_bytes());
        let results = decode(&wire);
        prop_assert_eq!(results.last(), Some(&Ok(next)));
        prop_assert_eq!(results.len(), 2);
    }

    #[test]
    fn messages_survive(message in any_message(), sequence: u8) {
        let frame = message.to_frame(sequence);
        prop_assert_eq!(frame.sequence(), sequence);
        prop_assert_eq!(Message::from_frame(&frame), Ok(message));
        prop_assert!(frame.encode().as_bytes().len() <= MAX_WIRE_BYTES);
    }
}

#[test]
fn a_known_frame_has_known_bytes() {
    let frame = Message::from(Reading::RinseAid { percent: 0x7e - 0x20 }).to_frame(0x7d);
    assert_eq!(frame.encode().as_bytes()[..7], [0x7e, 0x81, 0x01, 0x02, 0x7d, 0x5d, 0x5e]);
    assert_eq!(frame.encode().as_bytes().last(), Some(&0x7f));
}

#[test]
fn each_damage_has_its_name() {
    let wire = Frame::new(1, 2, &[3, 4]).unwrap().encode();
    let wire = wire.as_bytes();
    let outcome = |bytes: &[u8]| decode(bytes)[0].unwrap_err();
    assert_eq!(outcome(&[0x00]), FrameError::Noise);
    assert_eq!(outcome(&[0x7e, 0x81, 0x01, 0x7e]), FrameError::Truncated);
    assert_eq!(outcome(&[0x7e, 0x81, 0x7f]), FrameError::Truncated);
    assert_eq!(outcome(&[0x7e, 0x81, 0x7d, 0x00]), FrameError::BadEscape);
    let mut long = vec![0x7e, 0x81];
    long.extend([0; MAX_WIRE_BYTES]);
    assert_eq!(outcome(&long), FrameError::TooLong);
    let mut short = wire.to_vec();
    short.remove(5);
    assert_eq!(outcome(&short), FrameError::LengthMismatch);
    let mut flipped = wire.to_vec();
    flipped[5] ^= 1;
    assert_eq!(outcome(&flipped), FrameError::BadChecksum);
}

#[test]
fn sound_frames_with_senseless_contents_are_refused() {
    let refuse = |kind, payload: &[u8]| {
        Message::from_frame(&Frame::new(kind, 0, payload).unwrap()).unwrap_err()
    };
    assert_eq!(refuse(0x00, &[]), MessageError::UnknownType(0));
    assert_eq!(refuse(0x01, &[1]), MessageError::WrongLength(1));
    assert_eq!(refuse(0x01, &i16::MAX.to_le_bytes()), MessageError::OutOfRange(1));
    assert_eq!(refuse(0x02, &[101]), MessageError::OutOfRange(2));
    assert_eq!(refuse(0x03, &4_001u16.to_le_bytes()), MessageError::OutOfRange(3));
    assert_eq!(refuse(0x04, &[2]), MessageError::OutOfRange(4));
    assert_eq!(refuse(0x05, &[8]), MessageError::OutOfRange(5));
    assert_eq!(refuse(0x06, &10_001u16.to_le_bytes()), MessageError::OutOfRange(6));
    assert_eq!(refuse(0x40, &[3]), MessageError::OutOfRange(0x40));
    assert_eq!(refuse(0x41, &[2]), MessageError::OutOfRange(0x41));
    assert_eq!(refuse(0x44, &[]), MessageError::WrongLength(0x44));
    assert!(Frame::new(0, 0, &[0; MAX_PAYLOAD_BYTES + 1]).is_none());
}
