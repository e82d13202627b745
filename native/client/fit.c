/*
 * What Node needs of the system that it is to run on: the dynamic linker of its architecture, which comes with glibc, and a
 * few libraries. Where they are missing the kernel would say that Node itself is not there, and the linker nothing of what
 * to do.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#define MULTIARCH "x86_64-linux-gnu"
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#define MULTIARCH "aarch64-linux-gnu"
#else
#error "pidone knows the names of x86-64 and arm64"
#endif

/* A file in memory; size 0 where there is none. */
struct image {
  const unsigned char *data;
  size_t size;
};

static struct image map_file(const char *path) {
  struct image image = {NULL, 0};
  struct stat st;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return image;
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
    void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data != MAP_FAILED) image = (struct image){data, (size_t)st.st_size};
  }
  close(fd);
  return image;
}

static void unmap(struct image image) {
  if (image.size > 0) munmap((void *)(unsigned long)image.data, image.size);
}

/* `size` bytes at `offset`, NULL where the file is shorter. */
static const void *part(struct image image, size_t offset, size_t size) {
  return offset <= image.size && size <= image.size - offset ? image.data + offset : NULL;
}

/* A string that begins at `offset` and ends in the file. */
static const char *string_in(struct image image, size_t offset) {
  if (offset >= image.size || memchr(image.data + offset, '\0', image.size - offset) == NULL) return NULL;
  return (const char *)image.data + offset;
}

/* NULL for what is no program of 64 bits. */
static const Elf64_Ehdr *head_of(struct image image) {
  const Elf64_Ehdr *head = part(image, 0, sizeof(*head));
  if (head == NULL || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_ident[EI_CLASS] != ELFCLASS64) return NULL;
  if (head->e_phentsize != sizeof(Elf64_Phdr) || part(image, head->e_phoff, head->e_phnum * sizeof(Elf64_Phdr)) == NULL)
    return NULL;
  return head;
}

/* The first of this type, NULL where there is none. */
static const Elf64_Phdr *segment(struct image image, const Elf64_Ehdr *head, Elf64_Word type) {
  const Elf64_Phdr *all = part(image, head->e_phoff, head->e_phnum * sizeof(*all));
  for (size_t i = 0; i < head->e_phnum; i++)
    if (all[i].p_type == type) return &all[i];
  return NULL;
}

/* Where in the file an address of the program is; SIZE_MAX where nowhere. */
static size_t offset_of(struct image image, const Elf64_Ehdr *head, Elf64_Addr address) {
  const Elf64_Phdr *all = part(image, head->e_phoff, head->e_phnum * sizeof(*all));
  for (size_t i = 0; i < head->e_phnum; i++)
    if (all[i].p_type == PT_LOAD && address >= all[i].p_vaddr && address - all[i].p_vaddr < all[i].p_filesz)
      return address - all[i].p_vaddr + all[i].p_offset;
  return (size_t)-1;
}

/* Where the dynamic linker looks. Its cache knows of other places; a name that is in it anywhere counts as found. */
static bool has_library(const char *name) {
  static const char *const places[] = {"/usr/lib/" MULTIARCH, "/usr/lib64", "/lib/" MULTIARCH, "/lib64", "/usr/lib", "/lib"};
  char path[PATH_MAX];
  for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
    snprintf(path, sizeof(path), "%s/%s", places[i], name);
    if (access(path, F_OK) == 0) return true;
  }
  struct image cache = map_file("/etc/ld.so.cache");
  bool listed = cache.size > 0 && memmem(cache.data, cache.size, name, strlen(name) + 1) != NULL;
  unmap(cache);
  return listed;
}

/* Names the libraries that are missing. */
static bool names_missing(const char *node, struct image image, const Elf64_Ehdr *head) {
  const Elf64_Phdr *dynamic = segment(image, head, PT_DYNAMIC);
  const Elf64_Dyn *entries = dynamic == NULL ? NULL : part(image, dynamic->p_offset, dynamic->p_filesz);
  if (entries == NULL) return false;
  const size_t count = dynamic->p_filesz / sizeof(*entries);
  size_t names = (size_t)-1;
  for (size_t i = 0; i < count; i++)
    if (entries[i].d_tag == DT_STRTAB) names = offset_of(image, head, entries[i].d_un.d_ptr);
  if (names == (size_t)-1) return false;
  bool missing = false;
  for (size_t i = 0; i < count && entries[i].d_tag != DT_NULL; i++) {
    if (entries[i].d_tag != DT_NEEDED) continue;
    const char *name = string_in(image, names + entries[i].d_un.d_val);
    if (name == NULL || strchr(name, '/') != NULL || has_library(name)) continue;
    if (missing) fprintf(stderr, ", %s", name);
    else fprintf(stderr, "%s cannot run here without %s", node, name);
    missing = true;
  }
  if (missing)
    fputs(" (Debian, Ubuntu: apt-get install libstdc++6 libgcc-s1; Fedora: dnf install libstdc++ libgcc)\n", stderr);
  return missing;
}

static const char *architecture(Elf64_Half machine) {
  return machine == EM_X86_64 ? "x86-64" : machine == EM_AARCH64 ? "arm64" : "another architecture";
}

/* True: it has been said in a line why Node cannot run here. */
static bool says_why(const char *node) {
  struct image image = map_file(node);
  const Elf64_Ehdr *head = head_of(image);
  bool said = false;
  if (head != NULL) {
    const Elf64_Phdr *place = segment(image, head, PT_INTERP);
    const char *linker = place == NULL ? NULL : string_in(image, place->p_offset);
    said = true;
    if (head->e_machine != OWN_MACHINE)
      fprintf(stderr, "%s is for %s, what calls it for %s: the tarball of this machine is needed\n", node,
              architecture(head->e_machine), architecture(OWN_MACHINE));
    else if (linker != NULL && access(linker, F_OK) < 0)
      fprintf(stderr,
              "%s cannot run here without %s: pidone needs an image for %s with glibc 2.28 or newer, libstdc++ and libgcc "
              "(Alpine has musl instead)\n",
              node, linker, architecture(OWN_MACHINE));
    else
      said = names_missing(node, image, head);
  }
  unmap(image);
  return said;
}

bool node_is_unfit(const char *node) {
  return !(has_library("libstdc++.so.6") && has_library("libgcc_s.so.1")) && says_why(node);
}

void complain_of_node(const char *node, int error) {
  if ((error == ENOENT || error == ENOEXEC) && says_why(node)) return;
  complain(node, error);
}
