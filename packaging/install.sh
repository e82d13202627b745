#!/bin/sh
# Puts pidone in place for good, whatever packages bring, as its Debian package does; and takes it out again. Runs from the
# unpacked tarball, wherever that is.
#
#   install.sh [--root=DIR]               installs it into / or into the tree below DIR
#   install.sh --systemctl.py             the same, with the names of systemctl.py as well (docs/migrating.md)
#   install.sh --uninstall [--root=DIR]   takes it out; what packages have brought meanwhile gets its name back
#
# The tarball without a Node runs in that of the image, or in the one that --node=PATH names, a path in the tree.
set -eu

#common.sh#
#local.sh#
#node.sh#

hint=' (--node=PATH names another)'
usage="Usage: $0 [--uninstall] [--root=DIR] [--node=PATH] [--systemctl.py]"

fail() {
  echo "$0: $1" >&2
  exit "${2-1}"
}

action=install
# Names of systemctl.py: those that there are, and those that are asked for.
all_scripts='journalctl.py journalctl3.py systemctl.py systemctl3.py'
scripts=
for word; do
  case $word in
    --uninstall) action=uninstall ;;
    --root=?*) root=${word#--root=} ;;
    --node=/*) chosen=${word#--node=} ;;
    --systemctl.py) scripts=$all_scripts ;;
    --help | -h)
      echo "$usage"
      exit 0
      ;;
    *) fail "$word: not known. $usage" 2 ;;
  esac
done

if [ ! -d "${root:-/}" ]; then fail "$root: no such directory."; fi
root=$(cd "${root:-/}" && pwd -P)
if [ "$root" = / ]; then root=; fi
if [ -n "$root" ]; then export DPKG_ROOT="$root"; fi
if ! command -v dpkg-divert >/dev/null || [ ! -d "$root/var/lib/dpkg" ]; then divert=:; fi
diversion_of /usr/bin/systemctl
case $owner in
  pidone*) fail "pidone is here as a Debian package, which apt-get installs and removes." ;;
esac

# Where the tree lies that this is part of.
here=$(cd "$(dirname "$0")" && pwd -P)

has_node() { [ -f "$here/node" ] && [ ! -L "$here/node" ]; }

copy_tree() {
  if [ "$here" -ef "$root/usr/lib/pidone" ]; then return 0; fi
  mkdir -p "$root/usr/lib" "$root/usr/bin" "$root/usr/sbin"
  # A manager may run from the old one.
  rm -rf "$root/usr/lib/pidone.new"
  cp -RPp "$here" "$root/usr/lib/pidone.new"
  # Whoever has unpacked it is not to own what PID 1 runs.
  if [ "$(id -u)" = 0 ]; then chown -R 0:0 "$root/usr/lib/pidone.new"; fi
  if [ -d "$root/usr/lib/pidone" ]; then mv "$root/usr/lib/pidone" "$root/usr/lib/pidone.old"; fi
  mv "$root/usr/lib/pidone.new" "$root/usr/lib/pidone"
  rm -rf "$root/usr/lib/pidone.old"
}

# Manual pages, completions and what the bus allows, below share/: links lead there, but not from names under which systemd
# has its own.
each_shared() {
  if [ ! -d "$here/share" ]; then return 0; fi
  cd "$here/share"
  for file in man/*/* zsh/*/* fish/*/* dbus-1/*/* bash-completion/*/pidone*; do "$1" "$file"; done
  cd /
}

link_shared() {
  mkdir -p "$root/usr/share/${1%/*}"
  up=$(echo "${1%/*}/" | sed 's,[^/]*/,../,g')
  ln -sf "../${up}lib/pidone/share/$1" "$root/usr/share/$1"
}

drop_shared() {
  case $(readlink "$root/usr/share/$1" || true) in
    */lib/pidone/share/"$1") rm -f "$root/usr/share/$1" ;;
  esac
}

# script_target NAME: the program that a name of systemctl.py stands for.
script_target() { echo "../lib/pidone/bin/${1%%[3.]*}"; }

case $action in
  install)
    if has_node; then
      if [ -n "$chosen" ]; then fail "--node=$chosen: this pidone has a Node of its own." 2; fi
      copy_tree
    else
      find_node "$here" || exit 1
      copy_tree
      settle_node
    fi
    each put_in
    for tool in $tools; do settle_tool "$tool"; done
    for name in $scripts; do ln -sf "$(script_target "$name")" "$root/usr/bin/$name"; done
    ln -sf ../lib/pidone/bin/pidone "$root/usr/bin/pidone"
    each_shared link_shared
    renew_manager
    ;;
  uninstall)
    each take_out
    for tool in $tools; do drop_tool "$tool"; done
    for name in $all_scripts; do
      if leads_to "/usr/bin/$name" "$(script_target "$name")"; then rm -f "$root/usr/bin/$name"; fi
    done
    each_shared drop_shared
    if is_ours /usr/bin/pidone; then rm -f "$root/usr/bin/pidone"; fi
    rm -rf "$root/usr/lib/pidone"
    ;;
esac
