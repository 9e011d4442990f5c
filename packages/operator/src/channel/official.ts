/** Where the releases of Spore are published; written to `config.toml` of a new data folder. */
export const OFFICIAL_CHANNEL: string = "https://releases.sporemesh.com/stable/"

/**
 * The root of trust of that channel as it ships: three keys, of which two have to sign. Newer roots are found from here
 * on, and one of them is put here with each release. Made by `pnpm release init`: docs/releasing.md.
 */
export const OFFICIAL_ROOT: Uint8Array = new TextEncoder().encode(
  JSON.stringify({
    signatures: [
      {
        keyid: "a89ea1fbe7035897d5555f0ec1f1df5b2a86f573327f90bfc27b024eead41c32",
        sig: "28676c77850db5e55c394c4b6910c8411e406654098fdb438483b4c62b6211807b6e927ca9b38bf7f24b2e333017ad937147813568c922d039273bcf6104fd0b",
      },
      {
        keyid: "c8abab4fb28d71a25e216825e906b0371aba9c2a708b1afe05f3ed0c7659a3da",
        sig: "7e1386e867b07f74357d0d112d19e91558c2e900027785b324d18c5eaa382bdd1d00aca29573f9998fa29e95a2cfbe2af03dcf52dca901c1023368e67da47802",
      },
      {
        keyid: "eed70f58f95daa89c7d95ab6a5c8be5dac28a77d8fbd0876d7fb3fbdc6f822b5",
        sig: "d08f8e653a188ea0b005b3256b09e28460f109977157c3e20fe10ba7a40871fbdd092ba3b63f9af7b1640e3a75536945f1fe1df279e1f449add9eac1fc1e2b0b",
      },
    ],
    signed: {
      _type: "root",
      spec_version: "1.0.31",
      version: 1,
      expires: "2027-11-28T10:08:58Z",
      keys: {
        a89ea1fbe7035897d5555f0ec1f1df5b2a86f573327f90bfc27b024eead41c32: {
          keytype: "ed25519",
          scheme: "ed25519",
          keyval: {
            public: "a3cabc324ca4da4d392998b9e451c5068752d9234d1594c5a85d97514f9c9cfe",
          },
        },
        c8abab4fb28d71a25e216825e906b0371aba9c2a708b1afe05f3ed0c7659a3da: {
          keytype: "ed25519",
          scheme: "ed25519",
          keyval: {
            public: "cf1747999932f773e5eec05041230c59855940677659c1c85b0e7dc0d97b0c48",
          },
        },
        eed70f58f95daa89c7d95ab6a5c8be5dac28a77d8fbd0876d7fb3fbdc6f822b5: {
          keytype: "ed25519",
          scheme: "ed25519",
          keyval: {
            public: "6c9a8a1728b1fb449075aa1f56f68618373cbbbc2aaaa14c7975fd67805b139f",
          },
        },
        bd7041786780bf4c0bdbb83ca71edad17ce3b56ef6803892c0ccc8a2693055e9: {
          keytype: "ed25519",
          scheme: "ed25519",
          keyval: {
            public: "b711262eb835b4ebdee3513001ce37bb8ea815edb6cb77deac7c5751d730dadd",
          },
        },
        "0ffc7ea8f6cb53206088458d455b6b87c42d5a05472d3625518bb2962949dffc": {
          keytype: "ed25519",
          scheme: "ed25519",
          keyval: {
            public: "db00553923f31c00f3f7d8ba21f316acfff0022a64f6753b8cdab4a96cdc54d8",
          },
        },
        "9e9688948b6ddd95dfe2805cace1e8c31f8e2848899e04b0b610539e03b4c499": {
          keytype: "ed25519",
          scheme: "ed25519",
          keyval: {
            public: "f369e62d0f8e8143886bbe7efc7f5a3dc2ac50e9ea64eba811957f3e10eb5f0c",
          },
        },
      },
      roles: {
        root: {
          keyids: [
            "a89ea1fbe7035897d5555f0ec1f1df5b2a86f573327f90bfc27b024eead41c32",
            "c8abab4fb28d71a25e216825e906b0371aba9c2a708b1afe05f3ed0c7659a3da",
            "eed70f58f95daa89c7d95ab6a5c8be5dac28a77d8fbd0876d7fb3fbdc6f822b5",
          ],
          threshold: 2,
        },
        targets: {
          keyids: ["bd7041786780bf4c0bdbb83ca71edad17ce3b56ef6803892c0ccc8a2693055e9"],
          threshold: 1,
        },
        snapshot: {
          keyids: ["0ffc7ea8f6cb53206088458d455b6b87c42d5a05472d3625518bb2962949dffc"],
          threshold: 1,
        },
        timestamp: {
          keyids: ["9e9688948b6ddd95dfe2805cace1e8c31f8e2848899e04b0b610539e03b4c499"],
          threshold: 1,
        },
      },
      consistent_snapshot: true,
      issued: "2026-11-28T10:08:58Z",
    },
  }),
)
