use std::time::Duration;

/// The root of all randomness in a world: a seed from which named, independent streams are derived.
///
/// A stream's values depend on the seed and the stream's name only, never on what else drew before it, so that
/// adding a decision in one place does not disturb another.
#[derive(Clone, Debug)]
pub struct Chance {
    seed: u64,
}

impl Chance {
    /// All streams of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The stream called `name`. The same name gives the same stream again, from its beginning.
    pub fn stream(&self, name: &str) -> Dice {
        // FNV-1a: stable across platforms and releases, unlike the standard library's hasher.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64 ^ self.seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Dice { rng: fastrand::Rng::with_seed(hash) }
    }
}

/// One stream of random values.
#[derive(Clone, Debug)]
pub struct Dice {
    rng: fastrand::Rng,
}

impl Dice {
    /// A whole number of milliseconds between `low` and `high`, both included.
    pub fn millis(&mut self, low: u64, high: u64) -> Duration {
        Duration::from_millis(self.rng.u64(low..=high.max(low)))
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { self.rng.usize(0..bound) }
    }

    /// A number between `low` and `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        self.rng.u64(low..=high.max(low))
    }

    /// True with the given probability (0 to 1).
    pub fn happens(&mut self, probability: f64) -> bool {
        self.rng.f64() < probability
    }

    /// 64 random bits, for identifiers.
    pub fn bits(&mut self) -> u64 {
        self.rng.u64(..)
    }

    /// A random version-4 UUID in its usual text form.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.bits(), self.bits());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 48) & 0x3fff,
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_and_name_only() {
        let chance = Chance::new(7);
        let first = chance.stream("a").bits();
        let _ = chance.stream("b").bits();
        assert_eq!(first, chance.stream("a").bits());
        assert_ne!(first, chance.stream("b").bits());
        assert_ne!(first, Chance::new(8).stream("a").bits());
    }

    #[test]
    fn a_uuid_looks_like_version_four() {
        let uuid = Chance::new(1).stream("uid").uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{uuid}");
    }
}
