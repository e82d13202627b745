/** Which system calls a filter can name, and what is in the groups of them, where that is not as in the newest. */
import { row } from './row.ts';

const words = (text: string): readonly string[] => text.split(' ');

/** What a group of the newest has and an earlier one has not, and the other way round. */
interface OtherMembers {
  readonly without?: readonly string[];
  readonly besides?: readonly string[];
}

export const systemCallRows = {
  /** Calls that libseccomp does not know yet. */
  unknown: row<readonly string[]>({
    252: words(
      'atomic_barrier atomic_cmpxchg_32 file_getattr file_setattr getpagesize getxattrat listmount listns ' +
        'listxattrat lsm_get_self_attr lsm_list_modules lsm_set_self_attr mseal open_tree_attr removexattrat ' +
        'riscv_hwprobe rseq_slice_yield setxattrat statmount uprobe uretprobe',
    ),
    257: words('file_getattr file_setattr listns open_tree_attr rseq_slice_yield uprobe'),
    262: [],
  }),
  /** What libseccomp calls the number of switch_endian, which is that of sys_debug_setcontext, too. */
  switchEndian: row({ 252: 'switch_endian', 257: 'sys_debug_setcontext' }),
  missingGroups: row<readonly string[]>({ 252: ['@sandbox'], 254: [] }),
  otherMembers: row<Readonly<Record<string, OtherMembers>>>({
    252: {
      '@default': { without: words('@sandbox lsm_get_self_attr lsm_list_modules mseal') },
      '@basic-io': { without: words('llseek') },
      '@file-system': {
        without: words(
          'file_getattr file_setattr fstatat getxattrat listmount listxattrat newfstat open_tree removexattrat ' +
            'setxattrat statmount',
        ),
      },
      '@mount': { without: words('open_tree_attr'), besides: words('open_tree') },
      '@known': {
        without: words(
          'breakpoint cachestat fchroot file_getattr file_setattr get_tls getxattrat listmount listns ' +
            'listxattrat llseek lsm_get_self_attr lsm_list_modules lsm_set_self_attr mseal open_tree_attr ' +
            'removexattrat rseq_slice_yield set_tls setxattrat statmount uprobe uretprobe usr26 usr32',
        ),
      },
    },
    257: {
      '@file-system': { without: words('open_tree') },
      '@mount': { without: words('open_tree_attr'), besides: words('open_tree') },
      '@known': { without: words('fchroot listns open_tree_attr rseq_slice_yield uprobe') },
    },
    262: {},
  }),
};
