//! Short moves between places: the view that is painted follows the view that is meant within 160 ms,
//! unless the pointer moved it, which is followed exactly.

use crate::state::view::View;

/// How long a move takes, seconds.
const SECONDS: f64 = 0.16;

/// The move going on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Motion {
    /// Where the view last was meant to be.
    target: Option<View>,
    /// What was painted last.
    shown: Option<View>,
    /// Where the move began and when.
    from: Option<(View, f64)>,
    /// The view that the pointer asked for: painted already, not to be animated when it arrives.
    direct: Option<View>,
}

/// What a move has come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// The view to paint.
    pub view: View,
    /// Whether it is not there yet, so that another frame is due.
    pub goes_on: bool,
}

impl Motion {
    /// What to paint at `now` (seconds).
    pub fn advance(&mut self, meant: View, animate: bool, now: f64) -> Moved {
        if self.target != Some(meant) {
            let jump = animate && self.direct != Some(meant) && self.target.is_some();
            self.from = self.shown.filter(|_| jump).map(|shown| (shown, now));
            self.target = Some(meant);
            self.direct = None;
        }
        let view = match self.from {
            Some((from, since)) if now - since < SECONDS => between(&from, &meant, ease((now - since) / SECONDS)),
            _ => {
                self.from = None;
                meant
            }
        };
        self.shown = Some(view);
        Moved { view, goes_on: self.from.is_some() }
    }

    /// The pointer moved the view: it is painted at once, and no move leads to it.
    pub fn set_directly(&mut self, view: View) {
        self.direct = Some(view);
        self.shown = Some(view);
        self.target = Some(view);
        self.from = None;
    }
}

/// Fast first, then settling.
fn ease(progress: f64) -> f64 {
    1.0 - (1.0 - progress.clamp(0.0, 1.0)).powi(3)
}

fn between(from: &View, to: &View, progress: f64) -> View {
    if progress <= 0.0 {
        return *from;
    }
    let mix = |from: f64, to: f64| from + (to - from) * progress;
    // Zooming feels even when the length changes by equal factors. The edges move so that the place
    // which both views share stays on its way.
    let span = (from.span_nanos.ln() + (to.span_nanos.ln() - from.span_nanos.ln()) * progress).exp();
    let way = if (to.span_nanos - from.span_nanos).abs() > 1e-9 * to.span_nanos {
        (span - from.span_nanos) / (to.span_nanos - from.span_nanos)
    } else {
        progress
    };
    View {
        start_nanos: from.start_nanos + (to.start_nanos - from.start_nanos) * way,
        span_nanos: span,
        scroll_points: mix(from.scroll_points, to.scroll_points),
    }
}

#[cfg(test)]
mod tests {
    use super::{Motion, Moved, SECONDS};
    use crate::state::view::View;

    fn view(start: f64, span: f64) -> View {
        View { start_nanos: start, span_nanos: span, scroll_points: 0.0 }
    }

    #[test]
    fn the_first_view_is_there_at_once() {
        assert_eq!(
            Motion::default().advance(view(0.0, 10.0), true, 5.0),
            Moved { view: view(0.0, 10.0), goes_on: false }
        );
    }

    #[test]
    fn a_jump_is_a_short_move_that_ends_exactly() {
        let mut motion = Motion::default();
        motion.advance(view(0.0, 1000.0), true, 0.0);
        let target = view(500.0, 100.0);
        assert_eq!(motion.advance(target, true, 1.0), Moved { view: view(0.0, 1000.0), goes_on: true });
        let Moved { view: half, goes_on: moving } = motion.advance(target, true, 1.0 + SECONDS / 2.0);
        assert!(moving && half.span_nanos < 500.0 && half.span_nanos > 100.0, "{half:?}");
        // The target stays in view on the way.
        assert!(half.start_nanos <= 500.0 && half.end_nanos() >= 600.0, "{half:?}");
        assert_eq!(motion.advance(target, true, 1.001 + SECONDS), Moved { view: target, goes_on: false });
    }

    #[test]
    fn the_pointer_is_followed_exactly() {
        let mut motion = Motion::default();
        motion.advance(view(0.0, 1000.0), true, 0.0);
        motion.set_directly(view(10.0, 1000.0));
        assert_eq!(motion.advance(view(10.0, 1000.0), true, 0.01), Moved { view: view(10.0, 1000.0), goes_on: false });
        // Without animation a jump is at once.
        assert_eq!(motion.advance(view(90.0, 1000.0), false, 0.02), Moved { view: view(90.0, 1000.0), goes_on: false });
    }
}
