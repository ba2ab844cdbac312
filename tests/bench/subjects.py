"""The programs that are compared: how each is started to do the same work on the same messages and DNS answers.

A subject knows the processes whose CPU counts (roots) and the milters that a message passes, in order."""

import os
import shutil
import subprocess

import machine

AUTHSERV_ID = "mx.bench.example"
RECIPIENT_DOMAIN = "mx.bench.example"  # of load_packets.c
PUBLIC_SUFFIXES = "/usr/share/publicsuffix/public_suffix_list.dat"


class Subject:
    """One way to verify mail. start() and stop() in turns; folder is its own."""

    name = title = ""
    wants = {}           # verdict: every message must come back with it
    uses_dns = True

    def __init__(self, bench):
        self.bench = bench
        self.processes = []
        self.milters = []
        self.folder = None

    def missing(self):
        """Why it cannot run here, or None."""
        return None

    def version(self):
        return ""

    def start(self, dns):
        self.folder = self.bench.new_folder(self.name)
        self.milters = []
        self.launch(dns)

    def launch(self, dns):
        raise NotImplementedError

    def stop(self):
        for process in reversed(self.processes):
            machine.stop(process)
        self.processes = []

    @property
    def roots(self):
        return [process.pid for process in self.processes]

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def public_suffixes(self, source):
        """The list with "example", the top-level domain of the corpus, added: the real one does not know it."""
        with open(source, encoding="utf-8") as file:
            return self.write("suffixes.dat", file.read() + "\nexample\n")

    def address(self, name):
        """Where one milter listens: a unix socket, or (bench.inet) a TCP port of its own."""
        return f"inet:127.0.0.1:{machine.free_port()}" if self.bench.inet else f"unix:{self.path(name)}.sock"

    def run(self, command, address, name):
        process = machine.start(command, self.path(f"{name}.log"))
        self.processes.append(process)
        machine.wait_for(address, process, f"{name} ({self.folder})")
        self.milters.append(address)


def sendmail_spelling(address):
    """libmilter writes PORT@HOST."""
    kind, _, rest = address.partition(":")
    host, _, port = rest.rpartition(":")
    return address if kind == "unix" else f"inet:{port}@{host}"


class Floor(Subject):
    name, title = "floor", "floor"
    uses_dns = False

    def launch(self, dns):
        address = self.address("floor")
        self.run([self.bench.program("floor"), address] + (["--check"] if self.bench.check_floor else []), address,
                 "floor")


class Sekishod(Subject):
    name, title = "sekishod", "Sekisho"
    wants = {"spf=pass", "dkim=pass", "dmarc=pass"}
    workers = 2  # Rspamd gets as many, and the libmilter daemons as many threads as they like

    @property
    def daemon(self):
        return self.bench.daemon

    def missing(self):
        return None if os.path.exists(self.daemon) else f"{self.daemon} is not built"

    def version(self):
        done = subprocess.run([self.daemon, "--version"], capture_output=True, text=True, check=False)
        return done.stdout.strip()

    def further(self):
        """Sections of the configuration that only this subject has."""
        return ""

    def launch(self, dns):
        address = self.address("sekishod")
        config = self.write("sekishod.conf", f"""\
[daemon]
user = root
loops = {self.workers}
[inbound]
listen = {address}
authserv_id = {AUTHSERV_ID}
[dns]
nameservers = {dns.address}
[log]
level = warning
{self.further()}""")
        self.run([self.daemon, "--foreground", "--config", config], address, "sekishod")


class SekishodBefore(Sekishod):
    """An older build (--before), to see what a change costs: both in turn, in one run."""

    name, title = "sekishod-before", "Sekisho, before"

    @property
    def daemon(self):
        return self.bench.before


class SekishodHosting(Sekishod):
    """The same as the gate of a provider: a replica of very many domains, whose policies are asked, and a journal."""

    name, title = "sekishod-hosting", "Sekisho, hosting"
    domains = 100_000
    policies = ["--without-attachments"]

    def further(self):
        replica, journal = self.path("replica"), self.path("journal")
        os.mkdir(replica)
        os.mkdir(journal)
        subprocess.run([self.bench.program("node_data", "tests"), "domains", replica, str(self.domains), RECIPIENT_DOMAIN,
                        *self.policies],
                       check=True)
        return f"[hosting]\nreplica = {replica}\n[journal]\nfolder = {journal}\n"


class SekishodContent(SekishodHosting):
    """The same, and the domains have attachments looked at, as they do unless told otherwise."""

    name, title = "sekishod-content", "Sekisho, attachments"
    policies = []


class OpenDkimDmarc(Subject):
    """OpenDKIM verifies signatures; OpenDMARC reads what it wrote and does SPF and DMARC."""

    name, title = "opendkim+opendmarc", "OpenDKIM+OpenDMARC"
    wants = {"spf=pass", "dkim=pass", "dmarc=pass"}

    def missing(self):
        for program in ("opendkim", "opendmarc"):
            if shutil.which(program, path="/usr/sbin:/usr/bin") is None:
                return f"{program} is not installed"
        return None

    def version(self):
        return f"{machine.package_version('opendkim')}, {machine.package_version('opendmarc')}"

    def launch(self, dns):
        self.launch_opendkim(dns)
        self.launch_opendmarc()

    def launch_opendkim(self, dns):
        address = self.address("opendkim")
        config = self.write("opendkim.conf", f"""\
Mode                v
Socket              {sendmail_spelling(address)}
AuthservID          {AUTHSERV_ID}
AlwaysAddARHeader   yes
Nameservers         {dns.address}
Syslog              no
UserID              root
PidFile             {self.path("opendkim.pid")}
InternalHosts       127.0.0.1
""")
        self.run(["/usr/sbin/opendkim", "-f", "-x", config], address, "opendkim")

    def launch_opendmarc(self):
        """OpenDMARC and libspf2 ask the servers of /etc/resolv.conf, which the benchmark put another file over."""
        address = self.address("opendmarc")
        config = self.write("opendmarc.conf", f"""\
Socket              {sendmail_spelling(address)}
AuthservID          {AUTHSERV_ID}
TrustedAuthservIDs  {AUTHSERV_ID}
SPFSelfValidate     true
SPFIgnoreResults    true
PublicSuffixList    {self.public_suffixes(PUBLIC_SUFFIXES)}
RejectFailures      false
Syslog              false
UserID              root
PidFile             {self.path("opendmarc.pid")}
""")
        self.run(["/usr/sbin/opendmarc", "-f", "-c", config], address, "opendmarc")


RSPAMD = """\
options {{
    pidfile = "{folder}/rspamd.pid";
    tempdir = "{folder}";
    filters = "spf,dkim";
    cache_file = "{folder}/symbols.cache";
    history_file = "{folder}/history";
    hs_cache_dir = "{folder}/";
    stats_file = "{folder}/stats.ucl";
    control_socket = "{folder}/control.sock mode=0600";
    url_tld = "{suffixes}";
    local_addrs = ["127.0.0.0/8"];
    explicit_modules = [];
    allow_raw_input = true;
    check_all_filters = true;
    words_decay = 600;
    dns_max_requests = 1024;
    task_timeout = 60s;
    dns {{ nameserver = ["{dns}:53:10"]; timeout = 5s; retransmits = 2; sockets = 64; }}
}}
logging {{ type = "file"; filename = "{folder}/rspamd.log"; level = "error"; }}
worker "rspamd_proxy" {{
    bind_socket = "{bind}";
    milter = yes;
    timeout = 120s;
    upstream "local" {{ default = yes; self_scan = yes; }}
    count = {workers};
    max_retries = 1;
}}
lang_detection {{ languages = "{folder}/none/*.json"; }}
metric {{ name = "default"; actions {{ reject = 1000; }} }}
modules {{ path = "/usr/share/rspamd/plugins/spf.lua"; path = "/usr/share/rspamd/plugins/dmarc.lua";
    path = "/usr/share/rspamd/plugins/arc.lua"; path = "/usr/share/rspamd/plugins/milter_headers.lua"; }}
spf {{ spf_cache_size = 50k; spf_cache_expire = 1d; }}
dkim {{ dkim_cache_size = 50k; dkim_cache_expire = 1d; time_jitter = 6h; trusted_only = false; }}
dmarc {{ }}
arc {{ sign_inbound = false; sign_local = false; sign_authenticated = false; }}
milter_headers {{ use = ["authentication-results"]; skip_local = false; skip_authenticated = false;
    routines {{ authentication-results {{ add_smtp_user = false; }} }} }}
"""


class Rspamd(Subject):
    """Its proxy worker speaks milter and scans in the same process; only SPF, DKIM, DMARC, ARC and the module that
    writes the field are on."""

    name, title = "rspamd", "Rspamd"
    wants = {"spf=pass", "dkim=pass", "dmarc=pass"}

    def missing(self):
        return None if shutil.which("rspamd") else "rspamd is not installed"

    def version(self):
        return machine.package_version("rspamd")

    def launch(self, dns):
        address = self.address("rspamd")
        bind = address.removeprefix("inet:") if self.bench.inet else f"{address.removeprefix('unix:')} mode=0600"
        config = self.write("rspamd.conf", RSPAMD.format(
            folder=self.folder, dns=dns.address, bind=bind, workers=Sekishod.workers,
            suffixes=self.public_suffixes("/usr/share/rspamd/effective_tld_names.dat")))
        self.run(["rspamd", "-f", "--insecure", "-u", "root", "-g", "root", "-c", config], address, "rspamd")


ALL = (Floor, SekishodBefore, Sekishod, SekishodHosting, SekishodContent, OpenDkimDmarc, Rspamd)
