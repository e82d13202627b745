{
  "targets": [
    {
      "target_name": "pidone",
      "sources": [
        "native/addon.cc",
        "native/binding.cc",
        "native/child/bind.cc",
        "native/child/child.cc",
        "native/child/identity.cc",
        "native/child/limits.cc",
        "native/child/mounts.cc",
        "native/child/namespaces.cc",
        "native/child/stdio.cc",
        "native/child/terminal.cc",
        "native/child/walk.cc",
        "native/closing.cc",
        "native/compat.cc",
        "native/crash.cc",
        "native/events.cc",
        "native/files.cc",
        "native/ipc.cc",
        "native/probing.cc",
        "native/processes.cc",
        "native/sockets.cc",
        "native/spawn.cc",
        "native/system.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS"],
      "cflags": ["-Wall", "-Wextra", "-Werror", "-Wmissing-declarations", "-fvisibility=hidden", "-ffunction-sections", "-fdata-sections"],
      "cflags_cc!": ["-std=gnu++20"],
      "cflags_cc": ["-std=gnu++17"],
      "ldflags": ["-static-libstdc++", "-static-libgcc", "-Wl,--exclude-libs,ALL", "-Wl,--gc-sections", "-Wl,-z,relro,-z,now"]
    }
  ]
}
