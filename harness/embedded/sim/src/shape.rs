use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

use tokio::time::Instant;

use crate::Dice;

/// What happens to the packets that a host sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// How much later each arrives.
    pub delay: Duration,
    /// How much more or less than that, at most.
    pub jitter: Duration,
    /// Percent that are lost.
    pub loss: u8,
    /// Percent that are damaged.
    pub corrupt: u8,
    /// Percent that arrive twice.
    pub duplicate: u8,
    /// Bits that go out in a second; any number if none.
    pub bits_per_second: Option<u64>,
}

/// The first pause before what was not acknowledged is sent again, and the longest: Linux's smallest, doubled each time.
const RESEND: (u64, u64) = (200, 120_000);
/// Attempts until a connection is given up (`tcp_retries2`); what is sent here gets through with the last.
const ATTEMPTS: u32 = 15;
/// Bits of a message with its headers. Most are small.
const MESSAGE: u64 = 8 * 600;

/// The way out of a host, with a shape.
pub(crate) struct Shaper {
    shape: Shape,
    dice: Dice,
    /// Packets that went this way.
    pub packets: u64,
    /// When the last message to each host arrives: a connection keeps its order.
    last: BTreeMap<Ipv4Addr, Instant>,
    /// When the line is free again.
    free: Option<Instant>,
}

impl Shaper {
    pub(crate) fn new(shape: Shape, dice: Dice) -> Self {
        Self { shape, dice, packets: 0, last: BTreeMap::new(), free: None }
    }

    fn happens(&mut self, percent: u8) -> bool {
        percent > 0 && self.dice.happens(f64::from(percent) / 100.0)
    }

    /// How long a message to a host is on its way. Packets that are lost or damaged are sent again by the kernel, ever
    /// later; a second copy of one is thrown away there.
    pub(crate) fn transit(&mut self, to: Ipv4Addr, now: Instant) -> Duration {
        let mut leaves = now;
        if let Some(bits) = self.shape.bits_per_second {
            leaves = leaves.max(self.free.unwrap_or(now)) + going_out(bits);
            self.free = Some(leaves);
        }
        let mut pause = RESEND.0;
        for _ in 1..ATTEMPTS {
            self.packets += 1;
            let (lost, damaged) = (self.happens(self.shape.loss), self.happens(self.shape.corrupt));
            if !lost && !damaged {
                break;
            }
            leaves += Duration::from_millis(pause);
            pause = (pause * 2).min(RESEND.1);
        }
        self.packets += u64::from(self.happens(self.shape.duplicate));
        let jitter = u64::try_from(self.shape.jitter.as_millis()).unwrap_or(0);
        let delay = (self.shape.delay + self.dice.millis(0, jitter * 2)).saturating_sub(self.shape.jitter);
        let arrives = (leaves + delay).max(self.last.get(&to).copied().unwrap_or(now));
        self.last.insert(to, arrives);
        arrives - now
    }
}

/// How long a message takes to go out.
fn going_out(bits_per_second: u64) -> Duration {
    Duration::from_micros(MESSAGE * 1_000_000 / bits_per_second.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Chance;

    const TO: Ipv4Addr = Ipv4Addr::new(10, 244, 0, 6);

    fn transits(shape: Shape, count: usize) -> Vec<u128> {
        let mut shaper = Shaper::new(shape, Chance::new(1).stream("x"));
        // Far enough from each other not to queue up.
        let start = Instant::now();
        let at = |number: usize| start + Duration::from_secs(600) * u32::try_from(number).unwrap();
        (0..count).map(|number| shaper.transit(TO, at(number)).as_millis()).collect()
    }

    #[tokio::test]
    async fn a_delay_is_a_delay() {
        let delay = Duration::from_millis(100);
        assert_eq!(transits(Shape { delay, ..Shape::default() }, 2), [100, 100]);
        let jittered = transits(Shape { delay, jitter: Duration::from_millis(20), ..Shape::default() }, 100);
        assert!(jittered.iter().all(|ms| (80..=120).contains(ms)) && jittered.iter().any(|ms| *ms != 100));
    }

    #[tokio::test]
    async fn what_is_lost_or_damaged_comes_later() {
        for shape in [Shape { loss: 50, ..Shape::default() }, Shape { corrupt: 50, ..Shape::default() }] {
            let all = transits(shape, 400);
            let late = all.iter().filter(|ms| **ms > 0).count();
            assert!((150..250).contains(&late), "{late}");
            assert!(all.contains(&200) && all.contains(&600), "sent again after 200 ms, then after 400 ms");
        }
        assert!(transits(Shape { duplicate: 50, ..Shape::default() }, 100).iter().all(|ms| *ms == 0));
    }

    #[tokio::test]
    async fn a_narrow_line_queues_and_keeps_the_order() {
        let mut shaper =
            Shaper::new(Shape { bits_per_second: Some(4_800), ..Shape::default() }, Chance::new(1).stream("x"));
        let now = Instant::now();
        let all: Vec<u128> = (0..3).map(|_| shaper.transit(TO, now).as_millis()).collect();
        assert_eq!(all, [1_000, 2_000, 3_000]);
        let mut lossy = Shaper::new(Shape { loss: 40, ..Shape::default() }, Chance::new(2).stream("x"));
        let all: Vec<u128> = (0..50).map(|_| lossy.transit(TO, now).as_millis()).collect();
        assert!(all.is_sorted() && all.last() > Some(&200), "{all:?}");
    }
}
