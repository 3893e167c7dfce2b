import GantryCore
import GantryModel
import GantryRPC
import GantrySystem
import GantryTar
import GantryWire

/// `containers.export`: a container's files as a tar archive.
extension ContainerService {
    var exportMethod: Method {
        Method(
            "containers.export",
            "Sends a container's files as a tar archive, those of its mounts not included, whether it runs or not.",
            params: [CommonField.container], result: "{}: everything was sent.",
            errors: [.notFound, .failedPrecondition], access: .guarded, mode: .bulk
        ) { [self] call in
            let record = try find(call)
            try withRoot(of: record) { files in
                let connection = try call.openBulk()
                do {
                    var producer = TarProducer(owners: files.owners) { bytes in
                        try call.checkCancelled()
                        try connection.write(bytes)
                    }
                    try producer.tree(files.root)
                    try producer.finish()
                } catch let error as Errno where error == .brokenPipe || error == .connectionReset {
                    // Who has gone needs no more.
                } catch let error as Errno {
                    throw GantryError("export container '\(record.name)'", error)
                }
                try call.checkCancelled()
                connection.finishWriting()
            }
            return [:]
        }
    }
}
