# SPDX-License-Identifier: BSD-2-Clause
"""The emulated machine as a QEMU command line. Knows no processes: running.py starts and stops it.

Paths are relative to the repository, where QEMU is started: short enough for sockets, and without blanks or commas.
"""
import dataclasses
import pathlib
import shutil
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
QEMU = 'build/qemu/bin/qemu-system-x86_64'
# SeaBIOS and the small ROM that loads multiboot kernels come with these Debian packages: seabios, qemu-system-data.
FIRMWARE = ('/usr/share/seabios', '/usr/share/qemu')


class Unusable(Exception):
    """The machine cannot be started as asked; the message is for the user."""


@dataclasses.dataclass
class Machine:
    kernel: str = 'build/kernel/shoji.elf'
    modules: str = 'build/webserver/modules.list'   # one line for each module: path, name; '' for none
    iso: str = ''                                   # boot this CD image instead of kernel and modules
    qemu: str = QEMU
    cpu: str = 'mmp'
    cpu_options: str = ''                           # its properties: name=value, with commas between them
    memory: str = '512'
    port: int = 8080                                # the site and the control interface on 127.0.0.1
    control_port: int = 8081
    tap: str = ''                                   # a tap device instead of QEMU's user-mode network; 'none' for no network
    pcap: str = ''                                  # write all packets to this file
    icount: bool = False                            # guest time counts instructions: runs repeat exactly
    plugin: str = ''                                # a TCG plugin, with its arguments
    gdb: bool = False                               # wait before the first instruction for gdb, at gdb.sock in the run folder
    extra: tuple = ()                               # more arguments for QEMU

    def boot(self):
        if self.iso:
            return ['-cdrom', self.iso, '-boot', 'd']
        return ['-kernel', self.kernel, *(['-initrd', self.initrd()] if self.modules else [])]

    def initrd(self):
        """QEMU takes the modules as one list: commas between them, and one within a name doubled."""
        path = REPOSITORY / self.modules
        if not path.exists():
            raise Unusable(f'{self.modules} is missing: build the system first')
        lines = [line.strip() for line in path.read_text().splitlines() if line.strip()]
        return ','.join(line.replace(',', ',,') for line in lines)

    def network(self):
        if self.tap == 'none':
            return []
        checks = ['-device', 'mmp-dma'] if self.known_cpu().startswith('mmp') else []  # for devices that the manifest has checked
        if self.tap:
            back = f'tap,id=net,ifname={self.tap},script=no,downscript=no'
        else:
            back = f'user,id=net,hostfwd=tcp:127.0.0.1:{self.port}-:80,hostfwd=tcp:127.0.0.1:{self.control_port}-:8081'
        dump = ['-object', f'filter-dump,id=dump,netdev=net,file={self.pcap}'] if self.pcap else []
        return [*checks, '-netdev', back, '-device', 'virtio-net-pci,netdev=net,disable-legacy=on,romfile=', *dump]

    def command(self, console, run):
        """The whole command line. `console` is the chardev of the serial port, `run` the folder of the sockets."""
        if not shutil.which(str(REPOSITORY / self.qemu)) and not shutil.which(self.qemu):
            raise Unusable(f'{self.qemu} is missing: make qemu builds it')
        return [self.qemu, '-machine', 'pc', '-accel', 'tcg', '-cpu', self.known_cpu(),
                '-m', self.memory, '-smp', '1', '-display', 'none', '-vga', 'none', '-nodefaults', '-no-user-config',
                '-no-reboot', *(word for folder in FIRMWARE for word in ('-L', folder)),
                '-chardev', f'{console},id=console', '-serial', 'chardev:console',
                '-monitor', f'unix:{run}/monitor.sock,server=on,wait=off',
                '-qmp', f'unix:{run}/qmp.sock,server=on,wait=off', *self.boot(), *self.network(),
                *(['-icount', 'shift=0'] if self.icount else []), *(['-plugin', self.plugin] if self.plugin else []),
                *(['-chardev', f'socket,id=gdb,path={run}/gdb.sock,server=on,wait=off', '-gdb', 'chardev:gdb', '-S'] if self.gdb else []),
                *self.extra]

    def known_cpu(self):
        """An emulator without the MMP CPU still boots, for those who work on that part; it says so."""
        if self.cpu != 'mmp':
            return self.cpu
        listing = subprocess.run([self.qemu, '-cpu', 'help'], cwd=REPOSITORY, capture_output=True, text=True)
        if 'mmp' in listing.stdout.split():
            return ','.join(filter(None, ('mmp', self.cpu_options)))
        print(f'{self.qemu} has no MMP CPU: booting on a plain one, WITHOUT any protection between components', flush=True)
        return 'max'
