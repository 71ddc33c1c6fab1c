# SPDX-License-Identifier: BSD-2-Clause
"""What an interface's header says: its functions, with the contract that stands at each, its structures and constants.

C is read by pycparser, after the compiler's preprocessor. Comments, which both drop, are found in the file itself: a comment of its own
is about the functions below it, up to the next such comment, an empty line, or anything but functions and #define lines; one behind a
function, on its last line, is about that one, besides. A header that leaves a function without any, or has one whose arguments do
not travel in registers, is an error.
"""
import dataclasses
import pathlib
import subprocess

from pycparser import c_ast, c_generator, c_parser

ARGUMENTS = 6   # words that a gate passes, in registers
INTEGERS = {'char', 'short', 'int', 'long', 'unsigned', 'signed', '_Bool'}
# What gcc understands and pycparser does not; nothing of it changes a declaration's meaning.
WITHOUT = ['-D__attribute__(x)=', '-D__extension__=', '-D_Static_assert(...)=', '-D__asm__(...)=', '-D__builtin_va_list=int']
GENERATOR = c_generator.CGenerator()


class Unclear(Exception):
    """The header says something that no stub can be derived from."""


@dataclasses.dataclass
class Function:
    name: str
    line: int
    returns: c_ast.Node
    parameters: list        # c_ast.Decl or Typename
    contract: str
    variadic: bool

    @property
    def declaration(self):
        inside = [GENERATOR.visit(parameter) for parameter in self.parameters] + ['...'] * self.variadic
        return f'{GENERATOR.visit(self.returns)} {self.name}({", ".join(inside) or "void"})'.replace('* ', '*')


@dataclasses.dataclass
class Header:
    path: pathlib.Path
    about: str              # the file's first comment, without the licence
    functions: list
    structures: dict        # name: [c_ast.Decl]
    constants: dict         # name: value, of enumerations and of #define lines
    typedefs: dict          # name: c_ast.Node; of all that it includes, too
    named: list             # those of them that are its own
    variables: list         # (name, c_ast.Node) of extern data


# ---- Comments ----

def split_comments(text):
    """[(offset, comment)], and the text with blanks in their place."""
    found, code, at = [], list(text), 0
    while at < len(text):
        if text[at] in '"\'':
            quote, at = text[at], at + 1
            while at < len(text) and text[at] != quote:
                at += 2 if text[at] == '\\' else 1
        elif text.startswith(('/*', '//'), at):
            line = text[at + 1] == '/'
            end = text.find('\n' if line else '*/', at + 2)
            end = len(text) if end < 0 else end + (0 if line else 2)
            found.append((at, text[at:end]))
            code[at:end] = [c if c == '\n' else ' ' for c in text[at:end]]
            at = end - 1
        at += 1
    return found, ''.join(code)


def words_of(comment):
    """A comment's words in one line, without its marks."""
    lines = comment.removeprefix('/*').removeprefix('//').removesuffix('*/').splitlines()
    return ' '.join(' '.join(line.strip().removeprefix('*') for line in lines).split())


class Contracts:
    """Which comment is about which function."""

    def __init__(self, text):
        self.comments, self.code = split_comments(text)
        self.lines = self.code.splitlines()
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.blank = {number for number, line in enumerate(text.splitlines(), 1) if not line.strip()}
        self.above, self.behind = {}, {}    # last line of a comment of its own, line of one behind something: its words
        for offset, comment in self.comments:
            line = self.line_of(offset)
            if self.code[self.starts[line - 1]:offset].strip():
                self.behind[line] = words_of(comment)
            else:
                self.above[line + comment.count('\n')] = words_of(comment)

    def line_of(self, offset):
        return self.code.count('\n', 0, offset) + 1

    def end_of(self, line):
        """The last line of the declaration whose name is in this one."""
        return self.line_of(self.code.index(';', self.starts[line - 1]))

    def directives(self):
        inside = False
        for number, line in enumerate(self.lines, 1):
            if inside or line.lstrip().startswith('#'):
                yield number
                inside = line.rstrip().endswith('\\')

    def of(self, names):
        """{line of a function's name: its contract}, for these lines."""
        passable = set(self.directives()) | {line for name in names for line in range(name, self.end_of(name) + 1)}
        contracts = {}
        for name in names:
            line = name - 1
            while line in passable and line not in self.blank:
                line -= 1
            said = [self.above.get(line, ''), self.behind.get(self.end_of(name), '')]
            contracts[name] = ' '.join(part for part in said if part)
        return contracts


# ---- Constants ----

def value_of(node, known):
    """The value of a constant expression; raises KeyError or TypeError of what is none."""
    if isinstance(node, c_ast.Constant) and 'char' not in node.type and 'float' not in node.type and node.type != 'string':
        return int(node.value.rstrip('uUlL'), 0)
    if isinstance(node, c_ast.ID):
        return known[node.name]
    if isinstance(node, c_ast.UnaryOp) and node.op in '+-~':
        value = value_of(node.expr, known)
        return {'+': value, '-': -value, '~': ~value}[node.op]
    if isinstance(node, c_ast.BinaryOp):
        a, b = value_of(node.left, known), value_of(node.right, known)
        whole = {'+': a.__add__, '-': a.__sub__, '*': a.__mul__, '<<': a.__lshift__, '>>': a.__rshift__, '|': a.__or__, '&': a.__and__}
        return whole[node.op](b)
    raise TypeError(node)


def enumerated(tree, known):
    """Adds what the tree's enumerations say."""
    class Visitor(c_ast.NodeVisitor):
        def visit_EnumeratorList(self, node):   # pylint: disable=invalid-name
            last = -1
            for entry in node.enumerators:
                last = last + 1 if entry.value is None else value_of(entry.value, known)
                known[entry.name] = last
    Visitor().visit(tree)


def defined(path, options, parser, known):
    """{name: value} of the header's own #define lines that are whole numbers."""
    found, inside = {}, False
    for line in preprocess(path, [*options, '-dD']).splitlines():
        if line.startswith('# '):
            inside = line.split()[2].strip('"') == str(path)
        words = line.split(None, 2)
        if not inside or len(words) < 3 or words[0] != '#define' or '(' in words[1]:
            continue
        try:
            tree = parser.parse(f'int value = {words[2]};')
            found[words[1]] = known[words[1]] = value_of(tree.ext[0].init, known)
        except (c_parser.ParseError, KeyError, TypeError, AttributeError, AssertionError):
            continue    # a macro of another kind
    return found


# ---- Types ----

def is_pointer(node):
    return isinstance(node, (c_ast.PtrDecl, c_ast.ArrayDecl))


def base_of(node, typedefs):
    """What a type is without the names it was given: a pointer, an array, a structure, or an IdentifierType of C's own words."""
    while isinstance(node, c_ast.TypeDecl) or isinstance(node, c_ast.IdentifierType) and node.names[0] in typedefs:
        node = node.type if isinstance(node, c_ast.TypeDecl) else typedefs[node.names[0]]
    return node


def fits_a_register(node, typedefs):
    node = base_of(node, typedefs)
    if is_pointer(node) or isinstance(node, c_ast.Enum):
        return True
    return isinstance(node, c_ast.IdentifierType) and set(node.names) <= INTEGERS


# ---- A header ----

def preprocess(path, options):
    done = subprocess.run(['gcc', '-E', '-std=gnu11', '-ffreestanding', *options, str(path)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unclear(done.stderr.strip())
    return done.stdout


def function_of(declaration, contract, typedefs, where):
    parameters = [p for p in (declaration.type.args.params if declaration.type.args else [])]
    variadic = bool(parameters) and isinstance(parameters[-1], c_ast.EllipsisParam)
    parameters = parameters[:-1] if variadic else parameters
    if len(parameters) == 1 and GENERATOR.visit(parameters[0]) == 'void':
        parameters = []
    function = Function(declaration.name, declaration.coord.line, declaration.type.type, parameters, contract, variadic)
    if not contract:
        raise Unclear(f'{where}: {function.name} has no contract: say in a comment above or behind it what it does, and its errors')
    if len(parameters) > ARGUMENTS:
        raise Unclear(f'{where}: {function.name} has {len(parameters)} arguments: a gate passes at most {ARGUMENTS} words')
    for parameter in parameters:
        if not fits_a_register(parameter.type, typedefs):
            raise Unclear(f'{where}: {function.name}: `{GENERATOR.visit(parameter)}` does not travel in a register: expected an integer or an address')
    result = base_of(function.returns, typedefs)
    if not fits_a_register(function.returns, typedefs) and getattr(result, 'names', None) != ['void']:
        raise Unclear(f'{where}: {function.name} returns what does not travel in a register: expected an integer or an address')
    return function


def read_header(path, options):
    path = pathlib.Path(path)
    text = path.read_text()
    parser = c_parser.CParser()
    try:
        tree = parser.parse(preprocess(path, WITHOUT + options), str(path))
    except c_parser.ParseError as error:
        raise Unclear(str(error)) from error
    typedefs = {node.name: node.type for node in tree.ext if isinstance(node, c_ast.Typedef)}
    own = [node for node in tree.ext if node.coord.file == str(path)]
    declared = [node for node in own if isinstance(node, c_ast.Decl)]
    functions = [node for node in declared if isinstance(node.type, c_ast.FuncDecl)]
    contracts = Contracts(text)
    said = contracts.of([node.coord.line for node in functions])

    known, constants = {}, {}
    enumerated(tree, known)
    enumerated(c_ast.FileAST(own), constants)
    constants.update(defined(path, options, parser, known))
    structures = {node.type.name: node.type.decls for node in declared if isinstance(node.type, c_ast.Struct) and node.type.decls}
    first = words_of(contracts.comments[0][1]) if contracts.comments else ''
    return Header(
        path=path,
        about=first.partition('SPDX-License-Identifier: BSD-2-Clause')[2].strip() or first,
        functions=[function_of(node, said[node.coord.line], typedefs, f'{path}:{node.coord.line}') for node in functions],
        structures=structures, constants=constants, typedefs=typedefs,
        named=[node.name for node in own if isinstance(node, c_ast.Typedef)],
        variables=[(node.name, node.type) for node in declared if 'extern' in node.storage and not isinstance(node.type, c_ast.FuncDecl)])
