import { installLine } from "../../install-line.ts"
import { existsSync } from "node:fs"
import { readText } from "../processes.ts"

/** What is known of a host where bubblewrap does not work. */
export interface HostFacts {
  installed: boolean
  /** Text of /etc/os-release. */
  osRelease: string
  /** Ubuntu since 23.10: AppArmor keeps ordinary programs from using user namespaces. */
  appArmorRestricts: boolean
  userNamespacesOff: boolean
}

/** This host, where bubblewrap is looked for at that path. */
export function bubblewrapHost(bwrapPath: string): HostFacts {
  return {
    installed: existsSync(bwrapPath),
    osRelease: readText("/etc/os-release"),
    appArmorRestricts: readText("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").trim() === "1",
    userNamespacesOff:
      readText("/proc/sys/kernel/unprivileged_userns_clone").trim() === "0" ||
      readText("/proc/sys/user/max_user_namespaces").trim() === "0",
  }
}

/** What to do for limits that the kernel holds, where this process has no cgroup of its own for that reason. */
export function adviseHardLimits(reason: string): string | null {
  if (!existsSync("/run/systemd/system")) return null
  if (/no control of memory/.test(reason)) {
    return "for hard limits boot with cgroup v2 alone: systemd.unified_cgroup_hierarchy=1 on the kernel's command line"
  }
  const user = process.getuid?.() === 0 ? "" : " --user"
  return `for hard limits: systemd-run${user} --scope -p Delegate=yes spore run`
}

/** What to do so that bubblewrap works, in one line. */
export function adviseBubblewrap(reason: string, host: HostFacts): string | null {
  if (!host.installed) return installLine("bubblewrap", host.osRelease)
  if (/unknown option/i.test(reason)) return "bubblewrap 0.8 or newer is needed"
  if (host.appArmorRestricts && /permission denied|not permitted/i.test(reason)) {
    return (
      "AppArmor blocks bubblewrap: sudo apt install apparmor-profiles && " +
      "sudo ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ && " +
      "sudo systemctl reload apparmor"
    )
  }
  if (host.userNamespacesOff) {
    return "user namespaces are off: sudo sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000"
  }
  if (/namespace|not permitted/i.test(reason)) {
    return "user namespaces are not allowed here; in a container, allow them or run this on the host"
  }
  return null
}
