#!/bin/sh
# Put the sample in place as the configuration, but never over one that is there. Run by "meson install".
set -eu
folder="${DESTDIR:-}$1"
[ -e "$folder/sekisho.conf" ] || cp "$folder/sekisho.conf.sample" "$folder/sekisho.conf"
