# SPDX-License-Identifier: BSD-2-Clause
"""What Shoji takes from others: the version it was tried with, and the archives of that version by SHA-256.

docs/dependencies.md says why each is here. `archives` are enough to build from where there is no apt; `versions` is
the prefix of the Debian versions that do as well when the mirror no longer has the one named.
"""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Source:
    name: str                   # what the rest of the build calls it
    package: str                # Debian's name
    version: str                # Debian's version
    versions: str               # prefix of other versions that do
    archives: dict              # {file name: SHA-256}
    kind: str = 'source'        # 'source', or 'binary' for a .deb whose files are used as they are
    keep: str = ''              # the only folder that is kept, where the archive holds far more


SOURCES = {source.name: source for source in (
    Source('qemu', 'qemu', '1:10.0.13+ds-0+deb13u1', '1:10.0.', {
        'qemu_10.0.13+ds.orig.tar.xz': '6a0888e806c2ffc0c5f0733e974f9aea55491950d3c47c98669c8b236dde59ae',
        'qemu_10.0.13+ds-0+deb13u1.debian.tar.xz': 'da73c092f5684c551b0334d675eb16a3dec91e1edea94759cfb1102fa4a0364e'}),
    Source('libslirp', 'libslirp', '4.8.0-1+deb13u1', '4.8.', {
        'libslirp_4.8.0.orig.tar.bz2': '1c2e3d30e41a055ed41f9d0b3234d0d143bc28f5ad84bb101413f830844df757',
        'libslirp_4.8.0-1+deb13u1.debian.tar.xz': '16e68a7297ba8867ee694db31c38b4444515f31f552408f110897bf3731ce201'}),
    Source('meson', 'meson', '1.7.0-1~bpo12+1', '1.7.', {
        'meson_1.7.0-1~bpo12+1_all.deb': '4b86d2f2cb4431d03826fa4b2c3a89508edeb8140509e7e4b285285ec3175bbe'},
        kind='binary'),
    Source('newlib', 'newlib', '4.5.0.20241231-1', '4.5.', {
        'newlib_4.5.0.20241231.orig.tar.gz': '33f12605e0054965996c25c1382b3e463b0af91799001f5bb8c0630f2ec8c852'}),
    Source('lwip', 'lwip', '2.2.1+dfsg1-1+deb13u1', '2.2.', {
        'lwip_2.2.1+dfsg1.orig.tar.xz': '83729c274c499d3348e9fbbe043a3113f3fa8953e7efddc7c21c7fcbb1f2b7b1',
        'lwip_2.2.1+dfsg1-1+deb13u1.debian.tar.xz': 'faa343b3c76d69080240ae1323932b7348fa1d0042f6ad29bd286246660720a9'}),
    Source('yyjson', 'yyjson', '0.10.0+ds-1', '0.10.', {
        'yyjson_0.10.0+ds.orig.tar.xz': 'ae6fde69a193e10afab426ef13f113d6903446405f9db9ee98bfb572bd6c961a'}),
    # llhttp is generated C; the copy that Node.js is built with is the one a mirror of Debian holds in that form.
    Source('llhttp', 'nodejs', '20.19.2+dfsg-1+deb13u2', '20.', {
        'nodejs_20.19.2+dfsg.orig.tar.xz': '5e5559381ad031d245a8efa403458abbb73755f74c3e6380f185a4dd342b7949'},
        keep='deps/llhttp'),
)}
