use std::ops::{Index, IndexMut};

/// About how large a piece is, in bytes.
const PIECE: usize = 1 << 16;

/// A stack that is never copied to grow: it grows by a piece at a time, and gives pieces back as it shrinks.
pub(super) struct Chunks<T> {
    /// All full but the last, behind which an empty one may be left for what comes next.
    chunks: Vec<Vec<T>>,
    len: usize,
}

impl<T> Chunks<T> {
    /// How many stand in one piece: a power of two.
    const CHUNK: usize = 1 << (PIECE / size_of::<T>()).ilog2();

    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, value: T) {
        let chunk = self.len / Self::CHUNK;
        if chunk == self.chunks.len() {
            // The first is only as large as need be, for those who hold few.
            self.chunks.push(if chunk == 0 { Vec::new() } else { Vec::with_capacity(Self::CHUNK) });
        }
        self.chunks[chunk].push(value);
        self.len += 1;
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let last = self.len.checked_sub(1)?;
        let value = self.chunks[last / Self::CHUNK].pop();
        self.len = last;
        if last % Self::CHUNK == Self::CHUNK / 2 {
            self.chunks.truncate(last / Self::CHUNK + 1);
        }
        value
    }
}

impl<T> Index<u32> for Chunks<T> {
    type Output = T;

    fn index(&self, at: u32) -> &T {
        &self.chunks[at as usize / Self::CHUNK][at as usize % Self::CHUNK]
    }
}

impl<T> IndexMut<u32> for Chunks<T> {
    fn index_mut(&mut self, at: u32) -> &mut T {
        &mut self.chunks[at as usize / Self::CHUNK][at as usize % Self::CHUNK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: usize = Chunks::<usize>::CHUNK;

    #[test]
    fn what_is_pushed_is_popped_and_its_memory_given_back() {
        let mut chunks = Chunks::new();
        for _ in 0..2 {
            (0..10 * CHUNK).for_each(|number| chunks.push(number));
            assert_eq!((chunks.len(), chunks.chunks.len()), (10 * CHUNK, 10));
            assert!((0..10 * CHUNK).rev().all(|number| chunks.pop() == Some(number)));
            assert_eq!((chunks.pop(), chunks.chunks.len()), (None, 1));
        }
    }

    #[test]
    fn at_the_edge_of_a_piece_none_is_allocated_again_and_again() {
        let mut chunks = Chunks::new();
        (0..=CHUNK).for_each(|number| chunks.push(number));
        assert_eq!(chunks.pop(), Some(CHUNK));
        assert_eq!(chunks.chunks.len(), 2);
    }
}
