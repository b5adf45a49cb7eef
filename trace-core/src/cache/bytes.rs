//! Plain values and columns to bytes, and back with a look at the length first.

use bytemuck::{AnyBitPattern, NoUninit};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[derive(Debug, Default)]
pub(crate) struct Out {
    pub(crate) bytes: Vec<u8>,
}

impl Out {
    pub(crate) fn number(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_ne_bytes());
    }

    /// The length in items, then the items.
    pub(crate) fn slice<T: NoUninit>(&mut self, items: &[T]) {
        self.number(items.len() as u64);
        self.bytes.extend_from_slice(bytemuck::cast_slice(items));
    }

    pub(crate) fn value(&mut self, value: &impl Serialize) {
        // Fails for maps and sequences of unknown length only: there are none.
        let bytes = postcard::to_allocvec(value).unwrap_or_default();
        self.slice(&bytes);
    }
}

/// Bytes not read yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct In<'a> {
    rest: &'a [u8],
}

impl<'a> In<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u64::from_ne_bytes(*number))
    }

    pub(crate) fn small(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    /// The bytes of a slice of `T`.
    pub(crate) fn raw<T>(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?.checked_mul(size_of::<T>())?;
        let (bytes, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(bytes)
    }

    pub(crate) fn slice<T: AnyBitPattern + NoUninit>(&mut self) -> Option<Box<[T]>> {
        Some(bytemuck::pod_collect_to_vec(self.raw::<T>()?).into())
    }

    pub(crate) fn value<T: DeserializeOwned>(&mut self) -> Option<T> {
        let (value, rest) = postcard::take_from_bytes(self.raw::<u8>()?).ok()?;
        rest.is_empty().then_some(value)
    }
}

#[cfg(any(test, feature = "testkit"))]
impl<'a> In<'a> {
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}
