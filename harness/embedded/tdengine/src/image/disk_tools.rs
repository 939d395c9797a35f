use std::fmt::Write as _;

use crc::{CRC_32_CKSUM, Crc};
use tokio::time::{Duration, Instant, sleep};

use super::{container::Machine, files::NotWritten, userland::Streams};
use crate::host::BLOCK;

/// Most bytes that one `dd` makes of what is no zero.
const MOST: usize = 1 << 24;

/// What a small write takes that waits for the disk, if it has no limit.
const UNLIMITED: Duration = Duration::from_millis(2);

const CKSUM: Crc<u32> = Crc::<u32>::new(&CRC_32_CKSUM);

/// `dd`, `cksum`, `fallocate` and `stat -f`.
pub(super) async fn run(machine: &Machine, name: &str, args: &[&str], streams: &Streams) -> u8 {
    let words: Vec<&str> = args.iter().copied().filter(|arg| !arg.starts_with('-')).collect();
    let outcome = match name {
        "dd" => dd(machine, args, streams).await,
        "cksum" => {
            let mut text = String::new();
            for path in words {
                match machine.read(path) {
                    // Writing to a string does not fail.
                    Some(bytes) => drop(writeln!(text, "{} {} {path}", crc(&bytes), bytes.len())),
                    None => return complain(streams, &format!("cksum: {path}: {}", NotWritten::NoFolder)).await,
                }
            }
            streams.print(&text).await;
            Ok(())
        }
        "fallocate" => match words.as_slice() {
            [length, path] => fallocate(machine, length, path),
            _ => Err("fallocate: no length argument specified".to_owned()),
        },
        // `stat -f -c "%f %S" FOLDER`: free blocks, and bytes of a block.
        _ => match words.last().and_then(|path| machine.files.mount_of(path)) {
            Some((_, volume)) => {
                streams.print(&format!("{} {BLOCK}\n", volume.free() / BLOCK)).await;
                Ok(())
            }
            None => Err("stat: cannot read file system information".to_owned()),
        },
    };
    match outcome {
        Ok(()) => 0,
        Err(problem) => complain(streams, &problem).await,
    }
}

async fn complain(streams: &Streams, problem: &str) -> u8 {
    streams.complain(&format!("{problem}\n")).await;
    1
}

fn fallocate(machine: &Machine, length: &str, path: &str) -> Result<(), String> {
    let bytes = number(length).ok_or_else(|| format!("fallocate: invalid length value '{length}'"))?;
    machine.files.write_zeros(path, bytes).map_err(|why| format!("fallocate: fallocate failed: {why}"))
}

async fn dd(machine: &Machine, args: &[&str], streams: &Streams) -> Result<(), String> {
    let operand = |name: &str| args.iter().find_map(|arg| arg.strip_prefix(name)?.strip_prefix('='));
    let size = |name: &str| operand(name).and_then(number);
    let (block, path) = (size("bs").unwrap_or(512), operand("of").unwrap_or("/dev/stdout"));
    let offset = size("seek").unwrap_or(0).saturating_mul(block);
    let keep = operand("conv").is_some_and(|how| how.contains("notrunc"));
    let failed = |why: NotWritten| format!("dd: error writing '{path}': {why}");
    if operand("if") == Some("/dev/zero") && !keep {
        let begun = Instant::now();
        let Some(count) = size("count") else {
            // It goes on until nothing fits any more.
            let free = machine.files.mount_of(path).map_or(0, |(_, volume)| volume.free());
            machine.files.write_zeros(path, free).map_err(failed)?;
            return Err(failed(NotWritten::NoSpace));
        };
        let bytes = count.saturating_mul(block);
        machine.files.write_zeros(path, bytes).map_err(failed)?;
        if operand("conv") == Some("fsync") && machine.files.mount_of(path).is_some() {
            let takes = machine.context.world.throttles.write(machine.context.pod.ip, || bytes);
            sleep(takes.max(UNLIMITED)).await;
        }
        let took = begun.elapsed().as_secs_f64();
        let told = format!("{count}+0 records in\n{count}+0 records out\n{bytes} bytes copied, {took:.6} s\n");
        streams.complain(&told).await;
        return Ok(());
    }
    let input = match operand("if") {
        Some(source) => machine.read(source).ok_or_else(|| format!("dd: failed to open '{source}'"))?,
        None => streams.input().await,
    };
    let length = size("count").map_or(u64::MAX, |count| count.saturating_mul(block));
    let input = input.get(..usize::try_from(length).unwrap_or(usize::MAX)).unwrap_or(&input);
    let mut content = if keep { machine.read(path).unwrap_or_default() } else { Vec::new() };
    let start = usize::try_from(offset).ok().filter(|start| start + input.len() <= MOST);
    let start = start.ok_or_else(|| failed(NotWritten::NoSpace))?;
    content.resize(content.len().max(start + input.len()), 0);
    if let Some(part) = content.get_mut(start..start + input.len()) {
        part.copy_from_slice(input);
    }
    machine.files.write(path, content).map_err(failed)
}

/// A number with a suffix, as coreutils read it.
fn number(text: &str) -> Option<u64> {
    let digits = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits);
    let factor = match suffix {
        "" => 1,
        "k" | "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// The checksum of POSIX's `cksum`: of the bytes and, behind them, of their number without leading zeros.
fn crc(bytes: &[u8]) -> u32 {
    let mut digest = CKSUM.digest();
    digest.update(bytes);
    let number = bytes.len();
    let used = (usize::BITS - number.leading_zeros()).div_ceil(8);
    number.to_le_bytes().iter().take(used as usize).for_each(|byte| digest.update(&[*byte]));
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_and_numbers_are_those_of_coreutils() {
        assert_eq!((crc(b""), crc(b"hello\n")), (4_294_967_295, 3_015_617_425));
        assert_eq!((number("4k"), number("1M"), number("7"), number("x")), (Some(4_096), Some(1 << 20), Some(7), None));
    }
}
