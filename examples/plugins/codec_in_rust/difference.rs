// SPDX-License-Identifier: Apache-2.0
//
// A codec in Rust, without any crate: every byte is replaced by its difference to the one before it. The structs repeat
// the parts of the contract that a bytes->bytes codec needs; see zeolite/abi/*.h for what they mean.
#![allow(non_camel_case_types)]

use std::ffi::{c_char, c_void};
use std::mem::size_of;
use std::ptr::null;

type Status = i32;
const OK: Status = 0;
const INVALID: Status = 1;
const BYTES_TO_BYTES: u32 = 3;
const POINT_CODEC: u32 = 2;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Bytes {
    data: *const u8,
    size: u64,
}

impl Bytes {
    unsafe fn as_slice(&self) -> &[u8] {
        if self.size == 0 {
            return &[];
        }
        std::slice::from_raw_parts(self.data, self.size as usize)
    }
}

#[repr(C)]
pub struct Out {
    data: *mut u8,
    size: u64,
    capacity: u64,
    reserve: extern "C" fn(*mut Out, u64) -> Status,
    host: *mut c_void,
}

impl Out {
    /// Room for `count` more bytes, already counted as written.
    unsafe fn append(&mut self, count: u64) -> Result<&mut [u8], Status> {
        if self.capacity - self.size < count {
            let status = (self.reserve)(self, self.size + count);
            if status != OK {
                return Err(status);
            }
        }
        let begin = self.data.add(self.size as usize);
        self.size += count;
        Ok(std::slice::from_raw_parts_mut(begin, count as usize))
    }
}

#[repr(C)]
pub struct Call {
    struct_size: u32,
    concurrency: u32,
    cancelled: *const u32,
    fail: extern "C" fn(*const Call, Status, *const u8, u64),
    // Nothing of what follows is needed here.
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Representation {
    struct_size: u32,
    kind: u32,
    ndim: u32,
    exact: u32,
    shape: *const u64,
    data_type: *const c_void,
    fill_value: Bytes,
    max_bytes: u64,
}

#[repr(C)]
pub struct BoundInfo {
    struct_size: u32,
    flags: u32,
    concurrency: u32,
    reserved: u32,
    encoded: *const Representation,
}

#[repr(C)]
struct Head {
    struct_size: u32,
    reserved: u32,
    release: extern "C" fn(*mut c_void),
    get_extension: *const c_void,
    to_json: Option<extern "C" fn(*const c_void, *mut Out, *const Call) -> Status>,
}

type Code = extern "C" fn(*const Bound, Bytes, *mut Out, *const Call) -> Status;

#[repr(C)]
struct BoundTable {
    head: Head,
    kind: u32,
    reserved: u32,
    describe: extern "C" fn(*const Bound, *mut BoundInfo),
    array_functions: [*const c_void; 8], // view to write_plan: for other kinds of codecs
    encode_bytes: Code,
    decode_bytes: Code,
}
unsafe impl Sync for BoundTable {}

#[repr(C)]
pub struct Bound {
    table: *const BoundTable,
    encoded: Representation,
}

#[repr(C)]
struct CodecTable {
    head: Head,
    kind: u32,
    reserved: u32,
    bind: extern "C" fn(*const c_void, *const Representation, *mut *mut Bound, *const Call) -> Status,
}
unsafe impl Sync for CodecTable {}

#[repr(C)]
struct Codec(*const CodecTable);
unsafe impl Sync for Codec {}

#[repr(C)]
pub struct Factory {
    struct_size: u32,
    point: u32,
    name: *const c_char,
    aliases: *const *const c_char,
    v2_ids: *const *const c_char,
    create: extern "C" fn(*const Factory, *const c_void, Bytes, Bytes, *mut *const c_void, *const Call) -> Status,
    from_v2: *const c_void,
}
unsafe impl Sync for Factory {}

#[repr(C)]
pub struct Plugin {
    struct_size: u32,
    abi_major: u32,
    abi_minor_required: u32,
    n_factories: u32,
    name: *const c_char,
    version: *const c_char,
    license: *const c_char,
    build: *const c_char,
    factories: *const &'static Factory,
    init: *const c_void,
}
unsafe impl Sync for Plugin {}

/// A C string that lives for ever.
macro_rules! text {
    ($text:literal) => {
        concat!($text, "\0").as_ptr() as *const c_char
    };
}

// --- the codec ---

fn code(input: &[u8], output: &mut [u8], decode: bool) {
    let mut previous = 0u8;
    for (from, to) in input.iter().zip(output) {
        *to = if decode { from.wrapping_add(previous) } else { from.wrapping_sub(previous) };
        previous = if decode { *to } else { *from };
    }
}

extern "C" fn encode(_: *const Bound, decoded: Bytes, encoded: *mut Out, _: *const Call) -> Status {
    unsafe {
        match (*encoded).append(decoded.size) {
            Ok(room) => code(decoded.as_slice(), room, false),
            Err(status) => return status,
        }
    }
    OK
}

extern "C" fn decode(_: *const Bound, encoded: Bytes, decoded: *mut Out, _: *const Call) -> Status {
    unsafe {
        match (*decoded).append(encoded.size) {
            Ok(room) => code(encoded.as_slice(), room, true),
            Err(status) => return status,
        }
    }
    OK
}

// --- what makes it a plugin ---

extern "C" fn describe(bound: *const Bound, info: *mut BoundInfo) {
    unsafe {
        (*info).flags = 0;
        (*info).concurrency = 1;
        (*info).encoded = &(*bound).encoded;
    }
}

extern "C" fn bind(_: *const c_void, decoded: *const Representation, out: *mut *mut Bound, _: *const Call) -> Status {
    unsafe {
        // As long as what goes in.
        let encoded = Representation { struct_size: size_of::<Representation>() as u32, ..*decoded };
        *out = Box::into_raw(Box::new(Bound { table: &BOUND_TABLE, encoded }));
    }
    OK
}

extern "C" fn release_bound(bound: *mut c_void) {
    drop(unsafe { Box::from_raw(bound as *mut Bound) });
}

extern "C" fn release_nothing(_: *mut c_void) {}

extern "C" fn to_json(_: *const c_void, out: *mut Out, _: *const Call) -> Status {
    unsafe {
        match (*out).append(2) {
            Ok(room) => room.copy_from_slice(b"{}"),
            Err(status) => return status,
        }
    }
    OK
}

extern "C" fn create(
    _: *const Factory, _: *const c_void, _: Bytes, configuration: Bytes, out: *mut *const c_void, call: *const Call,
) -> Status {
    unsafe {
        if configuration.as_slice() != b"{}" {
            let message = b"it takes no configuration";
            ((*call).fail)(call, INVALID, message.as_ptr(), message.len() as u64);
            return INVALID;
        }
        *out = &CODEC as *const Codec as *const c_void;
    }
    OK
}

static BOUND_TABLE: BoundTable = BoundTable {
    head: Head {
        struct_size: size_of::<BoundTable>() as u32,
        reserved: 0,
        release: release_bound,
        get_extension: null(),
        to_json: None,
    },
    kind: BYTES_TO_BYTES,
    reserved: 0,
    describe,
    array_functions: [null(); 8],
    encode_bytes: encode,
    decode_bytes: decode,
};

static CODEC_TABLE: CodecTable = CodecTable {
    head: Head {
        struct_size: size_of::<CodecTable>() as u32,
        reserved: 0,
        release: release_nothing,
        get_extension: null(),
        to_json: Some(to_json),
    },
    kind: BYTES_TO_BYTES,
    reserved: 0,
    bind,
};

static CODEC: Codec = Codec(&CODEC_TABLE);

static FACTORY: Factory = Factory {
    struct_size: size_of::<Factory>() as u32,
    point: POINT_CODEC,
    name: text!("example.difference"),
    aliases: null(),
    v2_ids: null(),
    create,
    from_v2: null(),
};

static FACTORIES: [&Factory; 1] = [&FACTORY];

#[no_mangle]
pub static zeolite_plugin_v0: Plugin = Plugin {
    struct_size: size_of::<Plugin>() as u32,
    abi_major: 0,
    abi_minor_required: 3,
    n_factories: 1,
    name: text!("example.difference"),
    version: text!("1.0.0"),
    license: text!("Apache-2.0"),
    build: null(),
    factories: &FACTORIES as *const &Factory,
    init: null(),
};
