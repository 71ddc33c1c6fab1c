# SPDX-License-Identifier: BSD-2-Clause
"""What is derived from a header that reading.py has read: text, by the line. docs/interfaces.md says who uses which.

    served      for the server: what SHOJI_EXPORT_BADGED(f) makes f's thunk of, and f_badged's declaration
    instances   for a client of several instances: the functions by their names with a prefix
    rust        for components in Rust: functions, structures, constants
"""
from pycparser import c_ast

from reading import ARGUMENTS, GENERATOR, Unclear, base_of, is_pointer

# The registers of the arguments, in order, as wide as a badge is.
# A derived header has its source's name: that is included by <> , or it would find itself.
REGISTERS = ('edi', 'esi', 'edx', 'ecx', 'r8d', 'r9d')
assert len(REGISTERS) == ARGUMENTS


def derived_from(header, mark):
    return [f'{mark} Derived from {header.path} by components/stubs: change that. {mark[::-1] if mark == "/*" else ""}'.rstrip()]


def guarded(header, folder, lines):
    name = f'{folder}_{header.path.stem}_H'.upper()
    return [*derived_from(header, '/*'), f'#ifndef {name}', f'#define {name}', *lines, '', '#endif']


def named(function, name, parameters):
    return f'{GENERATOR.visit(function.returns)} {name}({", ".join(parameters) or "void"})'.replace('* ', '*')


def unchecked(parameter, header):
    """As the server gets it: an address that somebody else says is a number until it was checked."""
    return f'uint64_t {parameter.name or ""}'.strip() if is_pointer(base_of(parameter.type, header.typedefs)) else GENERATOR.visit(parameter)


def served(header):
    """The badge comes right behind the function's own arguments; where these take all registers there is none."""
    supervisor = header.path.parts[0] == 'kernel'
    suffix = '_call' if supervisor else '_badged'
    lines = [f'#include <{"shoji/" if supervisor else ""}{header.path.name}>', '']
    for function in header.functions:
        if len(function.parameters) < ARGUMENTS and not function.variadic:
            parameters = [*(unchecked(parameter, header) for parameter in function.parameters), 'component_t badge']
            lines += [f'#define SHOJI_BADGE_{function.name} "{REGISTERS[len(function.parameters)]}"',
                      f'__attribute__((used)) {named(function, function.name + suffix, parameters)};']
    return guarded(header, 'served', lines)


def instances(header):
    macro = [f'#define {header.path.stem.upper()}_INSTANCE(prefix)']
    macro += [f'    {named(function, "prefix##" + function.name, map(GENERATOR.visit, function.parameters))};' for function in header.functions]
    macro[-1] = macro[-1].removesuffix(';')     # the user's own semicolon
    return guarded(header, 'instances', [f'#include <{header.path.name}>', '', *(line + ' \\' for line in macro[:-1]), macro[-1]])


# ---- Rust ----

WHOLE = {'_Bool': 'bool', 'char': 'c_char', 'short': 'i16', 'int': 'i32', 'long': 'i64'}
KEYWORDS = {'as', 'box', 'fn', 'for', 'if', 'in', 'loop', 'match', 'mod', 'move', 'mut', 'priv', 'pub', 'ref', 'self', 'type', 'use', 'where'}


def rust_whole(words):
    if 'char' in words and ('signed' in words or 'unsigned' in words):
        return 'u8' if 'unsigned' in words else 'i8'
    kind = next((word for word in ('_Bool', 'char', 'short', 'long') if word in words), 'int')
    return WHOLE[kind].replace('i', 'u', 1) if 'unsigned' in words else WHOLE[kind]


def rust_type(node, header):
    constant = 'const' in getattr(node, 'quals', [])
    node = base_of(node, header.typedefs)
    if isinstance(node, c_ast.ArrayDecl):
        length = int(node.dim.value, 0) if isinstance(node.dim, c_ast.Constant) else node.dim.name
        return f'[{rust_type(node.type, header)}; {length}{"" if isinstance(length, int) else " as usize"}]'
    if isinstance(node, c_ast.PtrDecl):
        if isinstance(node.type, c_ast.FuncDecl):
            return '*const core::ffi::c_void'
        constant = 'const' in getattr(node.type, 'quals', [])
        inner = base_of(node.type, header.typedefs)
        target = 'core::ffi::c_void' if getattr(inner, 'names', None) == ['void'] else rust_type(node.type, header)
        return f'*{"const" if constant else "mut"} {target}'
    if isinstance(node, c_ast.Struct):
        return node.name
    if isinstance(node, c_ast.Enum):
        return 'u32'
    return rust_whole(node.names)


def rust_name(parameter, number):
    name = getattr(parameter, 'name', None) or f'a{number}'
    return f'r#{name}' if name in KEYWORDS else name


def rust_function(function, header):
    inside = []
    for number, parameter in enumerate(function.parameters):
        kind = rust_type(parameter.type, header)
        if isinstance(base_of(parameter.type, header.typedefs), c_ast.ArrayDecl):
            kind = f'*mut {kind[1:].partition(";")[0]}'
        inside.append(f'{rust_name(parameter, number)}: {kind}')
    result = base_of(function.returns, header.typedefs)
    returns = '' if getattr(result, 'names', None) == ['void'] else f' -> {rust_type(function.returns, header)}'
    return f'fn {function.name}({", ".join(inside + ["..."] * function.variadic)}){returns}'


def rust_wrapper(function, header):
    """The call, with something behind it: so it is no jump (components/languages.mk)."""
    names = [rust_name(parameter, number) for number, parameter in enumerate(function.parameters)]
    return [f'/// {function.contract}', '#[inline(always)]', f'pub unsafe {rust_function(function, header)} {{',
            f'    let result = unsafe {{ c::{function.name}({", ".join(names)}) }};', '    after();', '    result', '}']


def rust(headers):
    """One file for all of them: C knows no name spaces either."""
    lines = ['// Derived from the headers of the interfaces by components/stubs: change those.', '#![no_std]', '#![allow(non_camel_case_types, non_snake_case)]',
             '', 'pub type c_char = i8;', '#[inline(always)]', 'fn after() {', '    unsafe { core::arch::asm!("", options(nomem, nostack, preserves_flags)) }', '}']
    inside = []
    for header in headers:
        lines += ['', f'// ---- {header.path} ----']
        for name, value in header.constants.items():
            lines.append(f'pub const {name}: {"i64" if value < 2 ** 63 else "u64"} = {value};')
        lines += [f'pub type {name} = {rust_type(header.typedefs[name], header)};' for name in header.named]
        for name, members in header.structures.items():
            lines += ['#[repr(C)]', '#[derive(Clone, Copy)]', f'pub struct {name} {{']
            lines += [f'    pub {rust_name(member, 0)}: {rust_type(member.type, header)},' for member in members]
            lines.append('}')
        variables = [f'    pub static {name}: {rust_type(node, header)};' for name, node in header.variables
                     if not is_pointer(node)]
        if variables:
            lines += ['extern "C" {', *variables, '}']
        called = [function for function in header.functions if not function.variadic]
        lines += [line for function in called for line in rust_wrapper(function, header)]
        inside += [f'        pub {rust_function(function, header)};' for function in called]
    return [*lines, '', 'mod c {', '    use super::*;', '    extern "C" {', *inside, '    }', '}']


KINDS = {'served': served, 'instances': instances}


def check_names(headers):
    """Two headers must not offer one name: a client may have edges to both."""
    seen = {}
    for header in headers:
        for function in header.functions:
            if function.name in seen:
                raise Unclear(f'{header.path}:{function.line}: {function.name} is already in {seen[function.name]}')
            seen[function.name] = header.path
