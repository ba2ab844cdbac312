"""Writes the migrations as a C table: embed_migrations.py OUT FILE…; each FILE is NNNN_name.sql, 0001 and on."""
import pathlib
import re
import sys

out, files = pathlib.Path(sys.argv[1]), [pathlib.Path(name) for name in sys.argv[2:]]
lines = ['#include "store/migrate.h"', ""]
rows = []
for number, file in enumerate(files, start=1):
    match = re.fullmatch(r"(\d{4})_([a-z0-9_]+)\.sql", file.name)
    if not match or int(match[1]) != number:
        sys.exit(f"{file}: the name must be {number:04}_name.sql")
    octets = file.read_bytes()
    if not octets.isascii() or b"\0" in octets:
        sys.exit(f"{file}: a migration must be plain ASCII")
    lines.append(f"static const char text_{number}[] = {{ {', '.join(str(octet) for octet in octets)}, 0 }};")
    rows.append(f'    {{ {number}, "{match[2]}", text_{number} }},')
lines += ["const struct store_migration store_migration_table[] = {", *rows, "    { 0, NULL, NULL },", "};",
          f"const size_t store_migration_count = {len(files)};", ""]
out.write_text("\n".join(lines))
