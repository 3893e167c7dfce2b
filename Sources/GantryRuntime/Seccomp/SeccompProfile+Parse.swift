import GantryModel
import GantryWire

/// Reading a profile that a user wrote. What is not understood is refused: a misspelt word would open or close something
/// that nobody meant.
extension SeccompProfile {
    /// - Throws: `.invalidArgument` that says where and what.
    init(document: JSON) throws(GantryError) {
        let top = try JSONFields(document, of: "seccomp profile")
        try top.allow([
            "defaultAction", "defaultErrnoRet", "architectures", "archMap", "flags", "listenerPath", "listenerMetadata",
            "syscalls", "comment",
        ])
        defaultAction = try top.word("defaultAction", of: Self.actions)
        defaultErrno = try top.errno("defaultErrnoRet")
        architectures = try top.words("architectures", of: Self.architectures)
        flags = try top.words("flags", of: Self.flags)
        listenerPath = try top.optionalString("listenerPath")
        listenerMetadata = try top.optionalString("listenerMetadata")
        for entry in try top.array("archMap") {
            let family = try JSONFields(entry, of: "seccomp profile: archMap")
            try family.allow(["architecture", "subArchitectures"])
            families.append(
                Family(
                    architecture: try family.word("architecture", of: Self.architectures),
                    others: try family.words("subArchitectures", of: Self.architectures)))
        }
        guard architectures.isEmpty || families.isEmpty else {
            throw GantryError(
                .invalidArgument, "read seccomp profile: it has both 'architectures' and 'archMap'; use one of them")
        }
        rules = []
        for (index, entry) in try top.array("syscalls").enumerated() {
            rules.append(try Rule(JSONFields(entry, of: "seccomp profile: syscalls[\(index)]")))
        }
        let notifies = defaultAction == "SCMP_ACT_NOTIFY" || rules.contains { $0.action == "SCMP_ACT_NOTIFY" }
        guard !notifies || listenerPath != nil else {
            throw GantryError(.invalidArgument, "read seccomp profile: SCMP_ACT_NOTIFY needs a 'listenerPath'")
        }
    }

    static let actions: Set<String> = [
        "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
        "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP",
    ]

    static let comparisons: Set<String> = [
        "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE",
    ]

    static let architectures: Set<String> = Set(
        """
        X86 X86_64 X32 ARM AARCH64 LOONGARCH64 M68K MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PARISC PARISC64 PPC
        PPC64 PPC64LE RISCV64 S390 S390X SH SHEB
        """.split(whereSeparator: \.isWhitespace).map { "SCMP_ARCH_" + $0 })

    /// What conditions call architectures.
    static let conditionArchitectures: Set<String> = Set(
        """
        386 amd64 arm arm64 loong64 mips mips64 mips64le mips64n32 mipsel mipsel64 mipsel64n32 mipsle parisc parisc64 ppc
        ppc64 ppc64le riscv64 s390 s390x x32 x86
        """.split(whereSeparator: \.isWhitespace).map(String.init))

    static let flags: Set<String> = [
        "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC",
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
    ]
}

extension SeccompProfile.Rule {
    fileprivate init(_ fields: JSONFields) throws(GantryError) {
        try fields.allow(["names", "name", "action", "errnoRet", "args", "comment", "includes", "excludes"])
        names = try fields.optionalStrings("names") ?? []
        if let name = try fields.optionalString("name") {
            guard names.isEmpty else { throw fields.refuse("both 'name' and 'names'") }
            names = [name]
        }
        guard !names.isEmpty, !names.contains("") else { throw fields.refuse("a system call without a name") }
        action = try fields.word("action", of: SeccompProfile.actions)
        errno = try fields.errno("errnoRet")
        comment = try fields.optionalString("comment")
        for (index, entry) in try fields.array("args").enumerated() {
            arguments.append(
                try SeccompProfile.Argument(JSONFields(entry, of: "\(fields.subject).args[\(index)]")))
        }
        includes = try SeccompProfile.Condition(fields, "includes")
        excludes = try SeccompProfile.Condition(fields, "excludes")
    }
}

extension SeccompProfile.Argument {
    fileprivate init(_ fields: JSONFields) throws(GantryError) {
        try fields.allow(["index", "value", "valueTwo", "op"])
        index = try fields.int("index")
        guard (0...5).contains(index) else { throw fields.refuse("index \(index); a system call has arguments 0 to 5") }
        value = try fields.unsigned("value")
        second = try fields.unsigned("valueTwo")
        comparison = try fields.word("op", of: SeccompProfile.comparisons)
    }
}

extension SeccompProfile.Condition {
    fileprivate init(_ parent: JSONFields, _ key: String) throws(GantryError) {
        guard let json = parent.value(key) else { return }
        let fields = try JSONFields(json, of: "\(parent.subject).\(key)")
        try fields.allow(["caps", "arches", "minKernel"])
        capabilities = try fields.words("caps", of: Set(Capabilities.all))
        architectures = try fields.words("arches", of: SeccompProfile.conditionArchitectures)
        guard let text = try fields.optionalString("minKernel"), !text.isEmpty else { return }
        guard let version = KernelVersion(text) else { throw fields.refuse("minKernel '\(text)', which is no version") }
        minimumKernel = version
    }
}

extension JSONFields {
    fileprivate func refuse(_ what: String) -> GantryError {
        GantryError(.invalidArgument, "read \(subject): it has \(what)")
    }

    fileprivate func allow(_ keys: Set<String>) throws(GantryError) {
        for member in object.members where !keys.contains(member.key) {
            throw refuse("the unknown field '\(member.key)'")
        }
    }

    /// One of the words that there are.
    fileprivate func word(_ key: String, of words: Set<String>) throws(GantryError) -> String {
        let word = try string(key)
        guard words.contains(word) else { throw refuse("the unknown '\(key)' '\(word)'") }
        return word
    }

    fileprivate func words(_ key: String, of words: Set<String>) throws(GantryError) -> [String] {
        let given = try optionalStrings(key) ?? []
        for word in given where !words.contains(word) { throw refuse("the unknown '\(word)' in '\(key)'") }
        return given
    }

    /// A number of 64 bits without a sign; 0 when absent.
    fileprivate func unsigned(_ key: String) throws(GantryError) -> UInt64 {
        guard let value = value(key) else { return 0 }
        guard let number = value.uint else { throw refuse("a '\(key)' that is no unsigned number") }
        return number
    }

    /// The kernel hands on no error above 4095.
    fileprivate func errno(_ key: String) throws(GantryError) -> Int64? {
        guard let number = try optionalInt(key) else { return nil }
        guard (0...4095).contains(number) else { throw refuse("'\(key)' \(number); errors are 0 to 4095") }
        return number
    }
}
