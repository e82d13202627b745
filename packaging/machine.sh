# Part of the scripts that run before a package is unpacked: it stands in them in place of a line that names it.

# A machine that systemd runs is no place for pidone: systemctl would be taken away from under it, and the next boot be ours.
# A chroot is: what is PID 1 has another root.
refuse_on_machines() {
  if [ -n "$root" ] || [ ! -d /run/systemd/system ] || [ "${PIDONE_BESIDE_SYSTEMD-}" = yes ]; then return 0; fi
  first=$(readlink /proc/1/exe || true)
  case $first in
    */systemd | */systemd\ \(deleted\))
      if [ /proc/1/root -ef / ]; then
        echo "pidone: PID 1 of this system is $first, whose place pidone would take. It is for containers and their" >&2
        echo "pidone: images; with PIDONE_BESIDE_SYSTEMD=yes in the environment it is installed here, too." >&2
        exit 1
      fi
      ;;
  esac
}
