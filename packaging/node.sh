# Part of install.sh and of the scripts of the package without a Node: it stands in them in place of a line that names it.

# Where images have their Node: those of the family `node`, and distributions. Whoever installs may name another in $chosen;
# PATH says nothing, for what it finds is to be root's PID 1.
node_places='/usr/local/bin/node /usr/bin/node'
chosen=
# What is to be said where there is none.
hint=

# in_tree NODE ARGUMENT…: runs a Node of the tree that is worked on, in it where that can be done.
in_tree() {
  program=$1
  shift
  if [ -n "$root" ] && [ "$(id -u)" = 0 ]; then chroot "$root" "$program" "$@"; else "$root$program" "$@"; fi
}

# The machine that an executable is for; the shell would take those of others for scripts.
machine_of() {
  case $(od -An -tx1 -N4 "$1" 2>/dev/null) in
    ' 7f 45 4c 46') od -An -tx1 -j18 -N2 "$1" ;;
  esac
}

# unfit NODE LIB: says in a line why pidone in LIB can't run in this Node; nothing where it can.
unfit() {
  machine=$(machine_of "$root$1")
  own=$(machine_of "$2/addon.node")
  if [ -n "$machine" ] && [ -n "$own" ] && [ "$machine" != "$own" ]; then
    echo "$1 is for another kind of machine than this pidone"
    return 0
  fi
  in_tree "$1" - --install 2>&1 <<'end of fit.cjs' || echo "$1 cannot be run here"
#fit.cjs#
end of fit.cjs
}

# find_node LIB: finds the Node that pidone in LIB is to run in, $node. Says in a line what is wrong where there is none.
find_node() {
  wrong=
  for node in ${chosen:-$node_places}; do
    if [ ! -e "$root$node" ] && [ ! -L "$root$node" ]; then continue; fi
    found=$(unfit "$node" "$1")
    if [ -z "$found" ]; then return 0; fi
    wrong=${wrong:-$(echo "$found" | head -n 1)}
  done
  places=${chosen:-/usr/local/bin/node or /usr/bin/node}
  echo "${wrong:-pidone without a Node of its own needs one of 20.20 to 26, and there is none at $places$hint}" >&2
  return 1
}

# Has pidone run in $node, with code that is compiled for it.
settle_node() {
  ln -sf "$node" "$root/usr/lib/pidone/node"
  lib=/usr/lib/pidone
  if [ "$(id -u)" != 0 ]; then lib=$root$lib; fi
  in_tree "$node" "$lib/compile.cjs"
}

# What settle_node has made.
drop_node() {
  for name in node node.knows program.code manager.code; do rm -f "$root/usr/lib/pidone/$name"; done
}
