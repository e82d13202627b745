#node.sh#
case $1 in
  install | upgrade) if ! find_node "$root/usr/lib/pidone"; then exit 1; fi ;;
esac

