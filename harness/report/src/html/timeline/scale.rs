use maud::{Markup, html};

/// Units of the drawing: one is about a CSS pixel on a wide screen.
pub(super) const WIDTH: u64 = 1_000;
/// Left of the drawing: the lanes' names.
const NAMES: u64 = 130;
/// Right of the drawing, for what is centred on its end.
const RIGHT: u64 = 16;
/// Height of a lane.
pub(super) const LANE: u64 = 22;
/// Height of the axis and the row of steps.
pub(super) const HEAD: u64 = 44;

/// Where a moment is in the drawing of a scenario that took `total` milliseconds.
pub(super) struct Scale {
    pub(super) total: u64,
}

impl Scale {
    pub(super) fn x(&self, ms: u64) -> u64 {
        NAMES + ms.min(self.total) * (WIDTH - NAMES - RIGHT) / self.total.max(1)
    }

    /// Where a span begins, and how wide it is: never so narrow that it cannot be seen.
    pub(super) fn span(&self, from: u64, to: u64) -> (u64, u64) {
        let (x, end) = (self.x(from), self.x(to));
        (x, end.saturating_sub(x).max(2))
    }

    /// A round distance between ticks that gives about eight of them.
    fn tick(&self) -> u64 {
        const ROUND: [u64; 19] = [
            100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000,
            1_800_000, 3_600_000, 7_200_000, 18_000_000, 43_200_000,
        ];
        ROUND.into_iter().find(|tick| self.total / tick <= 8).unwrap_or(self.total / 8).max(1)
    }

    /// Ticks with their times, down the whole drawing.
    pub(super) fn axis(&self, height: u64) -> Markup {
        let tick = self.tick();
        let ticks = (0..=self.total / tick).map(|number| number * tick);
        html! {
            g.axis aria-hidden="true" {
                @for at in ticks {
                    line x1=(self.x(at)) x2=(self.x(at)) y1="16" y2=(height) {}
                    text x=(self.x(at)) y="11" { (label(at)) }
                }
            }
        }
    }
}

fn label(ms: u64) -> String {
    match ms {
        0 => "0".to_owned(),
        1..60_000 if ms.is_multiple_of(1_000) => format!("{} s", ms / 1_000),
        1..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ if ms < 3_600_000 => format!("{}:{:02}", ms / 60_000, ms % 60_000 / 1_000),
        _ => format!("{}:{:02} h", ms / 3_600_000, ms % 3_600_000 / 60_000),
    }
}
