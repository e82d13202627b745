#node.sh#
if [ "$1" = configure ]; then
  find_node "$root/usr/lib/pidone"
  settle_node
fi

