/** The version of systemd whose behaviour pidone has; tools compare it (deb-systemd-invoke asks for 249 or newer). */
export const SYSTEMD_VERSION = 252;

/** pidone's own version, that of package.json. */
export const VERSION = '0.1.0';

/** Second line of `--version`: what systemd calls its compile-time features, for programs that look for one. */
export const FEATURES =
  '-PAM -AUDIT -SELINUX -APPARMOR -IMA -SMACK +SECCOMP -GCRYPT -GNUTLS -OPENSSL -ACL -BLKID -CURL -ELFUTILS -FIDO2 -IDN2 -IDN -IPTC -KMOD -LIBCRYPTSETUP -LIBFDISK -PCRE2 -PWQUALITY -P11KIT -QRENCODE -TPM2 -BZIP2 -LZ4 -XZ -ZLIB -ZSTD -BPF_FRAMEWORK -XKBCOMMON -UTMP +SYSVINIT default-hierarchy=unified';

/** What `--version` prints. */
export function versionText(): string {
  return `systemd ${SYSTEMD_VERSION} (pidone ${VERSION})\n${FEATURES}\n`;
}
