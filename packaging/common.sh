# Part of the scripts of the packages and of install.sh: it stands in them in place of a line that names it.

# Programs that speak with the manager; systemd's would wait for a bus on which nobody answers. What other packages bring
# under these names goes aside (dpkg-divert(8)).
bin='journalctl run0 systemctl systemd-analyze systemd-cgls systemd-mount systemd-run systemd-umount'
sbin='halt init poweroff reboot runlevel shutdown telinit'
# Programs that need no manager: the systemd package's own come first where it is installed.
tools='systemd-cat systemd-creds systemd-detect-virt systemd-escape systemd-id128 systemd-notify systemd-path systemd-sysusers systemd-tmpfiles'

# Of the tree that is worked on; dpkg-divert(8) and dpkg-query(1) know the variable, too.
root=${DPKG_ROOT-}
# ":" where there is no dpkg.
divert=dpkg-divert

# Calls COMMAND DIRECTORY NAME of each diverted program, for /bin and /sbin. Debian 12 ships /bin/systemctl and Debian 13
# /usr/bin/systemctl: both names are diverted, each to a place of its own. With one place for both, dpkg would take an
# upgrade from one to the other for the removal of the file that it has just unpacked.
each() {
  for name in $bin; do "$1" /bin "$name"; done
  for name in $sbin; do "$1" /sbin "$name"; done
}

there() { [ -e "$root$1" ] || [ -L "$root$1" ]; }
leads_to() { [ "$(readlink "$root$1" || true)" = "$2" ]; }
# Whether a directory of / is the one of /usr under another name.
merged() { [ "$root$1" -ef "$root/usr$1" ]; }

newline='
'
# Sets $owner to the package that has diverted a path (LOCAL: an administrator; empty: nobody) and $place to where the path goes,
# as it was when the script began: who asks for each by itself waits for hundreds of processes.
diversion_of() {
  if [ -z "${diversions+known}" ]; then diversions=$(LC_ALL=C $divert --list); fi
  owner='' place=''
  case $diversions in
    *"diversion of $1 to "*) ;;
    *) return 0 ;;
  esac
  place=${diversions#*"diversion of $1 to "}
  place=${place%%"$newline"*}
  case $diversions in
    *"local diversion of $1 to "*) owner=LOCAL ;;
    *) owner=${place##* by } place=${place% by *} ;;
  esac
}

# What pidone has put there: a link to the front door, one from /bin, or a copy, as the tarball has it. Links of others may
# lead to the front door by way of systemctl.
is_ours() {
  if [ -L "$root$1" ]; then
    leads_to "$1" "../lib/pidone/bin/${1##*/}" || leads_to "$1" "/usr$1"
  else
    [ "$(checksum "$1")" = "$(checksum /usr/lib/pidone/bin/systemctl)" ]
  fi
}
# Not every image has cmp(1).
checksum() { if [ -f "$root$1" ]; then cksum <"$root$1"; else echo "no file: $1"; fi; }

# Whether a package has brought a file of this very name, whatever other name the file has as well. Only of what is outside
# /usr; all are asked for at once, since each time every list of files is read.
owned() {
  if [ -z "${all_owned+known}" ]; then
    all_owned=
    if [ "$divert" != : ]; then
      # shellcheck disable=SC2046
      all_owned=$(dpkg-query -S $(each echo | tr ' ' /) 2>/dev/null | sed -E '/^(diversion by|local diversion)/d; s/^.*: //')
    fi
  fi
  case "$newline$all_owned$newline" in
    *"$newline$1$newline"*) return 0 ;;
    *) return 1 ;;
  esac
}

# put_aside WHO PATH PLACE KEEP: what packages bring as PATH goes to PLACE from now on. With KEEP=keep what is there already is
# copied, so that there is a program under this name at any time, until pidone's takes its place.
put_aside() {
  if [ "$4" = keep ] && there "$2" && ! is_ours "$2"; then cp -a "$root$2" "$root$3"; fi
  $divert --quiet "$1" --no-rename --divert "$3" --add "$2"
}

# aside COMMAND DIRECTORY NAME: calls COMMAND PATH PLACE KEEP for both names of a program.
aside() {
  outer=$2/$3 inner=/usr$2/$3
  outer_keep=keep inner_keep=keep
  # One file of two names is kept under the one that a package knows.
  if merged "$2"; then
    if owned "$outer"; then inner_keep=; else outer_keep=; fi
  fi
  "$1" "$outer" "$outer.usr-is-merged" "$outer_keep"
  "$1" "$inner" "$inner.systemd" "$inner_keep"
}

# give_back WHO PATH PLACE: gives the name PATH back to what packages have brought.
give_back() {
  $divert --quiet "$1" --no-rename --remove "$2"
  if there "$3"; then
    mv -f "$root$3" "$root$2"
  elif leads_to "$2" "/usr$2"; then
    rm -f "$root$2"
  fi
}

# Where /bin is a directory of its own, who calls the program there is to find pidone as well.
link_outer() {
  if [ -d "$root$1" ] && ! merged "$1"; then ln -sf "/usr$1/$2" "$root$1/$2"; fi
}

# Puts pidone's program in PATH where nobody else brings one; dpkg lets a package that does write over it.
settle_tool() {
  ours=/usr/bin/$1
  if ! merged /bin && there "/bin/$1"; then
    drop_tool "$1"
  elif ! there "$ours"; then
    ln -s "../lib/pidone/bin/$1" "$root$ours"
  fi
}

drop_tool() {
  if leads_to "/usr/bin/$1" "../lib/pidone/bin/$1"; then rm -f "$root/usr/bin/$1"; fi
}

# A manager that runs here becomes the program that is installed by now, under its services. Where that does not start it says
# so, and stays what it was.
renew_manager() {
  if [ -z "$root" ] && [ -S /run/pidone/control ]; then /usr/lib/pidone/bin/systemctl daemon-reexec || true; fi
}
