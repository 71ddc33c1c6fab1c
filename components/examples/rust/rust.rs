// SPDX-License-Identifier: BSD-2-Clause
//! A program in Rust: what it knows of the interfaces is the crate `shoji`, which the build derives from their headers. It answers how
//! many words and bytes the query has, and how often it was asked; below /fault it indexes what is not there, and panics.
#![no_std]

use core::sync::atomic::{AtomicU64, Ordering};
use shoji::*;

static ASKED: AtomicU64 = AtomicU64::new(0);

/// Says where on the console, and ends the invocation, as a failed assertion in C does.
#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    for text in ["rust: panic in ", info.location().map_or("?", |place| place.file()), "\n"] {
        unsafe { print_bytes(text.as_ptr().cast(), text.len() as u64) };
    }
    unsafe { runtime_fault() };
    loop {}
}

/// The reply so far; what does not fit is left out.
struct Text<'a> {
    room: &'a mut [u8],
    bytes: usize,
}

impl Text<'_> {
    fn put(&mut self, text: &[u8]) {
        for (to, from) in self.room[self.bytes..].iter_mut().zip(text) {
            *to = *from;
            self.bytes += 1;
        }
    }

    fn put_number(&mut self, number: u64) {
        if number >= 10 {
            self.put_number(number / 10);
        }
        self.put(&[b'0' + (number % 10) as u8]);
    }
}

#[no_mangle]
pub extern "C" fn component_init(own: component_t) -> i64 {
    assert!(own != 0);
    SHOJI_OK
}

/// # Safety
/// As program.h says: the request is followed by its path, query and body; the reply has PROGRAM_REPLY_BYTES.
#[no_mangle]
pub unsafe extern "C" fn program_answer(request: *const program_request, reply: *mut u8) -> i64 {
    let head = unsafe { *request };
    let path_bytes = head.path_bytes as usize;
    let target = unsafe { core::slice::from_raw_parts(request.add(1).cast::<u8>(), path_bytes + head.query_bytes as usize) };
    let (path, query) = target.split_at(path_bytes);
    let room = unsafe { core::slice::from_raw_parts_mut(reply, PROGRAM_REPLY_BYTES as usize) };
    match (head.method as i64, path) {
        (PROGRAM_GET, b"") => {}
        (PROGRAM_GET, b"/fault") => return query[query.len()] as i64,
        (PROGRAM_GET, _) => return SHOJI_ENOENT,
        _ => return SHOJI_EPERM,
    }
    let mut text = Text { room, bytes: 0 };
    text.put(b"words ");
    text.put_number(query.split(|byte| *byte == b'+').filter(|word| !word.is_empty()).count() as u64);
    text.put(b", bytes ");
    text.put_number(query.len() as u64);
    text.put(b", asked ");
    text.put_number(ASKED.fetch_add(1, Ordering::Relaxed) + 1);
    text.put(b"\n");
    text.bytes as i64
}
