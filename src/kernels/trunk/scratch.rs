//! The buffers that a trunk works in.

use super::Trunk;
use super::step::{self, Step};
use crate::kernels::amx;
use crate::kernels::direct;
use crate::kernels::layout::{Buffer, Shape};
use crate::kernels::winograd::layer::Worker;

/// The buffers of one [`Trunk`], sized once.
pub struct Scratch {
    pub(super) capacity: usize,
    pub(super) shapes: Vec<Shape>,
    /// One for each of the trunk's shapes.
    pub(super) activations: Vec<Buffer>,
    /// Bordered images for the direct convolution.
    pub(super) bordered: Vec<f32>,
    pub(super) workers: Vec<Workspace>,
    watcher: Option<Box<dyn FnMut(Part) + Send>>,
}

/// What one thread works in.
pub(super) struct Workspace {
    pub(super) worker: Worker,
    /// What a pool of a layer with tiles leaves between pixels.
    pub(super) between: Buffer,
}

impl Workspace {
    fn new(steps: &[Step]) -> Self {
        let layers = steps.iter().filter_map(Step::winograd).map(|layer| (layer, step::split(layer)));
        let between = steps.iter().filter_map(Step::tiled).map(amx::Layer::between_bytes).max();
        Self { worker: Worker::new(layers), between: Buffer::new(between.unwrap_or(0), 1) }
    }
}

/// A part of a forward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Images go from NCHW into the layout of the first layer.
    Enter,
    /// A layer, by its place in the trunk, on some of the images.
    Layer(usize),
    /// Results go back to NCHW.
    Leave,
}

/// Images that go through the large, early layers together, so that their activations stay in the cache.
pub(super) const GROUP: usize = 4;

impl Scratch {
    /// For up to `capacity` images at a time.
    pub(super) fn new(trunk: &Trunk, capacity: usize) -> Self {
        let activation = |(index, shape): (usize, &Shape)| {
            let direct = matches!(trunk.steps.get(index), Some(Step::Direct(_)));
            let images = if index < trunk.late { GROUP.min(capacity) } else { capacity };
            shape.buffer(if direct { 0 } else { images })
        };
        let bordered = match &trunk.steps[0] {
            Step::Direct(step) => GROUP.min(capacity) * direct::bordered(step.channels, trunk.shapes[0].size),
            Step::Winograd(_) | Step::Tiled(_) => 0,
        };
        Self {
            capacity,
            shapes: trunk.shapes.clone(),
            activations: trunk.shapes.iter().enumerate().map(activation).collect(),
            bordered: vec![0.0; bordered],
            workers: (0..rayon::current_num_threads()).map(|_| Workspace::new(&trunk.steps)).collect(),
            watcher: None,
        }
    }

    /// Calls `watcher` after each part of every forward pass, so that somebody with a clock can tell how long each takes.
    pub fn watched(self, watcher: impl FnMut(Part) + Send + 'static) -> Self {
        Self { watcher: Some(Box::new(watcher)), ..self }
    }

    pub(super) fn done(&mut self, part: Part) {
        if let Some(watcher) = &mut self.watcher {
            watcher(part);
        }
    }
}
