# Part of install.sh and of the RPM package's scripts: it stands in them in place of a line that names it. What is done where no
# package's diversions do it.

put_aside_local() { put_aside --local "$@"; }

# put_in DIRECTORY NAME: pidone's program takes the place of what is there, by both of its names.
put_in() {
  aside put_aside_local "$@"
  ln -sf "../lib/pidone/bin/$2" "$root/usr$1/$2"
  link_outer "$@"
}

# take_out DIRECTORY NAME: gives the names back.
take_out() {
  outer=$1/$2 inner=/usr$1/$2
  give_back --local "$outer" "$outer.usr-is-merged"
  if is_ours "$inner"; then rm -f "$root$inner"; fi
  give_back --local "$inner" "$inner.systemd"
}
