/** Address families by name, as RestrictAddressFamilies= of systemd.exec(5) takes them. */

const names =
  'AF_UNSPEC AF_UNIX AF_INET AF_AX25 AF_IPX AF_APPLETALK AF_NETROM AF_BRIDGE AF_ATMPVC AF_X25 AF_INET6 AF_ROSE ' +
  'AF_DECnet AF_NETBEUI AF_SECURITY AF_KEY AF_NETLINK AF_PACKET AF_ASH AF_ECONET AF_ATMSVC AF_RDS AF_SNA AF_IRDA ' +
  'AF_PPPOX AF_WANPIPE AF_LLC AF_IB AF_MPLS AF_CAN AF_TIPC AF_BLUETOOTH AF_IUCV AF_RXRPC AF_ISDN AF_PHONET ' +
  'AF_IEEE802154 AF_CAIF AF_ALG AF_NFC AF_VSOCK AF_KCM AF_QIPCRTR AF_SMC AF_XDP AF_MCTP';

/** Index is the family's number. */
export const addressFamilyNames: readonly string[] = names.split(' ');

const numbers = new Map(addressFamilyNames.map((name, number) => [name, number]));
numbers.delete('AF_UNSPEC');
for (const [alias, name] of [
  ['AF_LOCAL', 'AF_UNIX'],
  ['AF_FILE', 'AF_UNIX'],
  ['AF_ROUTE', 'AF_NETLINK'],
] as const) {
  numbers.set(alias, numbers.get(name)!);
}

/** Number of a family; undefined where there is none of the name. */
export const addressFamilyNumber = (name: string): number | undefined => numbers.get(name);
