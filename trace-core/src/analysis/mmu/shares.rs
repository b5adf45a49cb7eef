//! How mean shares spread over windows of one length: a histogram fine enough to be taken for exact.

/// Shares are told apart to 1/65,536.
const BINS: usize = 1 << 16;

/// Time by share: how long windows may begin at places where their mean share is so high.
#[derive(Clone, Debug)]
pub struct ShareHistogram {
    /// Nanoseconds of window starts in the bin, but for `level`.
    mass: Vec<f64>,
    /// What every bin from here on has more than the one before, nanoseconds.
    level: Vec<f64>,
    total: f64,
}

impl Default for ShareHistogram {
    fn default() -> Self {
        // One more bin for shares of exactly 1.
        Self { mass: vec![0.0; BINS + 1], level: vec![0.0; BINS + 2], total: 0.0 }
    }
}

impl ShareHistogram {
    /// Adds `nanos` of window starts, over which the share goes evenly from `from` to `to`.
    pub fn add(&mut self, from: f64, to: f64, nanos: f64) {
        if nanos <= 0.0 {
            return;
        }
        self.total += nanos;
        let (low, high) = (from.min(to).clamp(0.0, 1.0) * BINS as f64, from.max(to).clamp(0.0, 1.0) * BINS as f64);
        let (first, last) = (low as usize, high as usize);
        if high - low < 1e-6 || first == last {
            let at = if high - low < 1e-6 { (low.round() as usize).min(BINS) } else { first };
            if let Some(bin) = self.mass.get_mut(at) {
                *bin += nanos;
            }
            return;
        }
        let each = nanos / (high - low);
        let mut add = |at: usize, nanos: f64| {
            if let Some(bin) = self.mass.get_mut(at) {
                *bin += nanos;
            }
        };
        add(first, each * ((first + 1) as f64 - low));
        add(last, each * (high - last as f64));
        for (at, change) in [(first + 1, each), (last, -each)] {
            if let Some(level) = self.level.get_mut(at) {
                *level += change;
            }
        }
    }

    /// The share that `part` (0 to 1) of all windows do not reach; 1 if there are none.
    #[must_use]
    pub fn quantile(&self, part: f64) -> f64 {
        if self.total <= 0.0 {
            return 1.0;
        }
        let (mut left, mut level) = (part * self.total, 0.0);
        for (at, (mass, change)) in self.mass.iter().zip(&self.level).enumerate() {
            level += change;
            let here = mass + f64::max(level, 0.0);
            // Sums of many parts are off by a little.
            if here > self.total * 1e-12 && left < here {
                return at as f64 / BINS as f64;
            }
            left -= here;
        }
        1.0
    }
}
