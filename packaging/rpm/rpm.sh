set -e

#common.sh#
#local.sh#
# rpm runs scripts in the tree that it works on, and knows no diversions.
root='' divert=:

# What the scripts of other packages call where it is there (systemd's macros for spec files): pidone's as long as no package
# brings one.
helper=/usr/lib/systemd/systemd-update-helper
helper_is_ours() { leads_to "$helper" ../pidone/systemd-update-helper; }

settle_tools() {
  for tool in $tools; do settle_tool "$tool"; done
  if ! there "$helper"; then
    mkdir -p /usr/lib/systemd
    ln -s ../pidone/systemd-update-helper "$helper"
  fi
}
