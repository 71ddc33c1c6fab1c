/* SPDX-License-Identifier: BSD-2-Clause
 *
 * control_stream.c brings the streams that connections.h asks for; this is how many.
 */
#ifndef MPD_MANAGER_CONTROL_STREAM_H
#define MPD_MANAGER_CONTROL_STREAM_H

#define CONTROL_CONNECTIONS 32

#endif
