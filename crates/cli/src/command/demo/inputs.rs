//! What the demo sends when it is given nothing: a picture with a preview, and ten MiB.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// Octets of the large file.
const LARGE: usize = 10 << 20;

/// A picture, its preview, and a large file, made in `folder`.
pub(super) struct Inputs {
    pub(super) picture: PathBuf,
    pub(super) icon: Vec<u8>,
    pub(super) large: PathBuf,
}

impl Inputs {
    /// Makes them.
    pub(super) fn make(folder: &Path) -> io::Result<Self> {
        let picture = folder.join("lake view.png");
        std::fs::write(&picture, png(192, 128)?)?;
        let icon = png(24, 16)?;
        let large = folder.join("archive.bin");
        write_noise(&large)?;
        Ok(Self { picture, icon, large })
    }
}

/// Sky over water, as a PNG.
fn png(width: u32, height: u32) -> io::Result<Vec<u8>> {
    let shade =
        |part: u32, whole: u32| u8::try_from(part.saturating_mul(255) / whole.max(1)).unwrap_or(u8::MAX);
    let mut pixels = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let water = y > height * 3 / 5 + (x / 8) % 2;
            let (red, green, blue) = if water { (20, 70, 120) } else { (shade(y, height), 160, 230) };
            pixels.extend_from_slice(&[red, green, blue.max(shade(x, width))]);
        }
    }
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(io::Error::other)?;
    writer.write_image_data(&pixels).map_err(io::Error::other)?;
    writer.finish().map_err(io::Error::other)?;
    Ok(out)
}

/// Octets without a pattern that a lost or doubled chunk could hide in; the same on every run.
fn write_noise(path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    for _ in 0..LARGE / 8 {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.write_all(&state.to_le_bytes())?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_icon_is_a_png_small_enough_for_an_invite() {
        let icon = png(24, 16).unwrap();
        assert!(icon.starts_with(b"\x89PNG") && icon.len() < 2048, "{} octets", icon.len());
    }
}
