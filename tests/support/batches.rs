//! Takes traces of Go 1.22 and newer apart into batches, simply, and without any checks.

use trace_core::wire::text::push_uvarint;
use trace_core::wire::v2::spec;

/// Bytes before the first batch.
pub(crate) const HEADER_BYTES: usize = 16;

pub(crate) fn uvarint(bytes: &[u8], at: &mut usize) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = bytes[*at];
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return value;
        }
        shift += 7;
    }
}

#[derive(Clone)]
pub(crate) struct Batch {
    pub(crate) generation: u64,
    pub(crate) thread: u64,
    pub(crate) ticks: u64,
    pub(crate) payload: Vec<u8>,
}

impl Batch {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.push(spec::EVENT_BATCH);
        for number in [self.generation, self.thread, self.ticks, self.payload.len() as u64] {
            push_uvarint(out, number);
        }
        out.extend_from_slice(&self.payload);
    }
}

/// What lies in a file: batches of events, and everything else as it is.
pub(crate) enum Item {
    Events(Batch),
    Other(Vec<u8>),
}

pub(crate) fn items(bytes: &[u8]) -> Vec<Item> {
    let (mut items, mut at) = (Vec::new(), HEADER_BYTES);
    while at < bytes.len() {
        let (start, code) = (at, bytes[at]);
        at += 1 + usize::from(code == spec::EXPERIMENTAL_BATCH);
        if code != spec::END_OF_GENERATION {
            let [generation, thread, ticks, size] = [(); 4].map(|()| uvarint(bytes, &mut at));
            let payload = bytes[at..at + usize::try_from(size).expect("it fits")].to_vec();
            at += payload.len();
            let is_table = matches!(
                payload.first(),
                None | Some(&(spec::STACKS | spec::STRINGS | spec::CPU_SAMPLES | spec::FREQUENCY | spec::SYNC))
            );
            if code == spec::EVENT_BATCH && !is_table {
                items.push(Item::Events(Batch { generation, thread, ticks, payload }));
                continue;
            }
        }
        items.push(Item::Other(bytes[start..at].to_vec()));
    }
    items
}
