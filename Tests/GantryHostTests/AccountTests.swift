import GantryHost
import Testing

@Suite struct AccountTests {
    static let files = AccountFiles(
        passwd: Array(
            """
            root:x:0:0:root:/root:/bin/sh
            # a remark
            daemon:x:1:1::/usr/sbin:/usr/sbin/nologin
            broken
            app:x:1000:1001:App,,,:/home/app:/bin/sh
            app:x:2000:2000::/second:/bin/sh
            7777:x:5:6::/numeric:/bin/sh
            nohome:x:8:8

            far:x:99999999999:1::/:
            """.utf8),
        group: Array(
            """
            root:x:0:
            www:x:33:app,daemon
            app:x:1001:
            staff:x:50:other,app
            tail:x:51:app
            """.utf8))

    @Test(arguments: [
        ("", Account(uid: 0, gid: 0, home: "/root", name: "root")),
        ("root", Account(uid: 0, gid: 0, home: "/root", name: "root")),
        ("app", Account(uid: 1000, gid: 1001, additionalGroups: [33, 50, 51], home: "/home/app", name: "app")),
        ("1000", Account(uid: 1000, gid: 1001, additionalGroups: [33, 50, 51], home: "/home/app", name: "app")),
        ("app:www", Account(uid: 1000, gid: 33, home: "/home/app", name: "app")),
        ("app:4242", Account(uid: 1000, gid: 4242, home: "/home/app", name: "app")),
        ("4000", Account(uid: 4000)),
        ("4000:50", Account(uid: 4000, gid: 50)),
        (":staff", Account(uid: 0, gid: 50, home: "/root", name: "root")),
        ("7777", Account(uid: 5, gid: 6, home: "/numeric", name: "7777")),
        ("nohome", Account(uid: 8, gid: 8, name: "nohome")),
    ])
    func resolvesAsRuncDoes(_ text: String, _ account: Account) throws {
        #expect(try Self.files.resolve(text) == account)
    }

    @Test func saysWhatIsMissing() throws {
        #expect(throws: AccountError.unknownUser("nobody")) { try Self.files.resolve("nobody") }
        #expect(throws: AccountError.unknownUser("far")) { try Self.files.resolve("far") }
        #expect(throws: AccountError.unknownGroup("none")) { try Self.files.resolve("app:none") }
        #expect(throws: AccountError.unknownGroup("none")) { try Self.files.group("none") }
        #expect(throws: AccountError.outOfRange("2147483648")) { try Self.files.resolve("2147483648") }
        #expect(throws: AccountError.outOfRange("99999999999")) { try Self.files.resolve("0:99999999999") }
        #expect(throws: AccountError.unknownUser("-1")) { try Self.files.resolve("-1") }
        #expect("\(AccountError.unknownUser("x"))" == "unable to find user x: no matching entries in passwd file")
        #expect(try Self.files.group("tail") == 51)
    }

    @Test func filesMayBeMissingOrRubbish() throws {
        let none = AccountFiles(passwd: [], group: [])
        #expect(try none.resolve("") == Account())
        #expect(try none.resolve("12:34") == Account(uid: 12, gid: 34))
        #expect(throws: AccountError.unknownUser("root")) { try none.resolve("root") }
        let rubbish = AccountFiles(
            passwd: (0...255).map { $0 } + Array(":::::\n:x:0:0".utf8), group: [0xff, 0x3a, 0x0a])
        #expect(throws: AccountError.unknownUser("a")) { try rubbish.resolve("a") }
    }
}
